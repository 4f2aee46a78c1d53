// What holds for every sampler.
#include "neb/sampling/walk.hpp"

#include <doctest/doctest.h>

#include "bayes/closed_forms.hpp"
#include "io/scratch.hpp"
#include "kernels/support.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/io/checkpoint.hpp"
#include "neb/sampling/chain_files.hpp"
#include "neb/sampling/langevin.hpp"
#include "neb/sampling/leimkuhler_matthews.hpp"
#include "neb/sampling/mala.hpp"
#include "neb/sampling/preconditioned_langevin.hpp"
#include "neb/sampling/underdamped.hpp"
#include "neb/sampling/walk_jump.hpp"
#include "nn/support.hpp"
#include "progress.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::same_bits;

namespace {

const ConvEnergy<float>& phi() {
  static const ConvEnergy<float> energy({.image = {12, 12, 1}, .channels = {4, 8}, .bottleneck = 4, .quadratic = 5.5},
                                        Key(1));
  return energy;
}

Tensor<float> start(Index chains = 6) { return random_uniform<float>({chains, 12, 12, 1}, Key(2)); }

Covariance<float> preconditioner() {
  return Covariance<float>::diagonal(random_uniform<float>({12, 12, 1}, Key(5), 0.5F, 1.5F));
}

/// Calls f with chains of each sampler, from y.
void for_each_sampler(const Tensor<float>& y, auto&& f) {
  constexpr double delta = 0.05;
  f(Langevin<float>{.y = y, .delta = delta});
  f(LeimkuhlerMatthews<float>{.y = y, .delta = delta});
  f(Mala<float>{.y = y, .delta = delta});
  f(Underdamped<float>{.y = y, .delta = delta, .friction = 2});
  f(Underdamped<float>{.y = y, .delta = delta, .friction = 2, .splitting = Splitting::aboba});
  f(PreconditionedLangevin<float>{.y = y, .delta = delta, .preconditioner = preconditioner()});
}

/// Whether all fields have the same bits.
template <Sampler C>
bool same_state(const C& a, const C& b) {
  TensorMap tensors[2];
  Metadata texts[2];
  add_chains(a, tensors[0], texts[0]);
  add_chains(b, tensors[1], texts[1]);
  bool same = texts[0] == texts[1] && tensors[0].size() == tensors[1].size();
  for (const auto& named : tensors[0])
    same = same && tensors[1].contains(named.first) &&
           std::visit(
               [&]<class X>(const X& x) {
                 const X* const other = std::get_if<X>(&tensors[1].at(named.first));
                 return other != nullptr && same_bits(x, *other);
               },
               named.second);
  return same;
}

}  // namespace

TEST_CASE("what an energy prepares for a walk changes no bit of it") {
  for_each_sampler(start(), [&](auto chains) {
    const auto walked = walk(phi(), chains, 5, Key(3));
    for (int i = 0; i < 5; ++i) chains.step(phi(), Key(3));
    CHECK(same_state(walked, chains));
  });
}

TEST_CASE("chains: a walk that is cut anywhere, and kept in a file between, is the whole walk, to the last bit") {
  const test::Scratch scratch;
  const std::string path = scratch.path("chains.safetensors");
  const auto check = [&]<Sampler C>(const C& chains, Index cut) {
    const C whole = walk(phi(), chains, 7, Key(3));
    CHECK_FALSE(same_bits(whole.y, chains.y));
    CHECK(whole.steps == 7);
    const C part = walk(phi(), chains, cut, Key(3));
    TensorMap tensors;
    Metadata metadata;
    add_chains(part, tensors, metadata);
    write_checkpoint(path, tensors, metadata);
    const C read = read_chains<C>(read_checkpoint(path));
    CHECK(same_state(read, part));
    CHECK(same_state(walk(phi(), read, 7 - cut, Key(3)), whole));
  };
  for (const Index cut : {0, 1, 4}) {
    CAPTURE(cut);
    for_each_sampler(start(), [&](const auto& chains) { check(chains, cut); });
    check(Mala<float>{.y = start(), .delta = 0.01, .warm_up = 5}, cut);  // within the warm-up and beyond
    const auto low_rank =
        Covariance<float>::low_rank(Tensor<float>::ones({144}), random_normal<float>({144, 2}, Key(6)));
    check(PreconditionedLangevin<float>{.y = start(), .delta = 0.05, .preconditioner = low_rank}, cut);
  }
}

TEST_CASE("chains: y alone is no state: whoever loses the rest goes another way") {
  LeimkuhlerMatthews<float> kept = walk(phi(), LeimkuhlerMatthews<float>{.y = start(), .delta = 0.05}, 4, Key(3));
  // The noise is a function of key and step, so it is found again from the count, and only from there.
  CHECK(same_bits(walk(phi(), LeimkuhlerMatthews<float>{.y = kept.y, .delta = 0.05, .steps = 4}, 3, Key(3)).y,
                  walk(phi(), kept, 3, Key(3)).y));
  CHECK_FALSE(same_bits(walk(phi(), LeimkuhlerMatthews<float>{.y = kept.y, .delta = 0.05}, 3, Key(3)).y,
                        walk(phi(), kept, 3, Key(3)).y));
  const auto moving = walk(phi(), Underdamped<float>{.y = start(), .delta = 0.05, .friction = 2}, 4, Key(3));
  CHECK_FALSE(
      same_bits(walk(phi(), Underdamped<float>{.y = moving.y, .delta = 0.05, .friction = 2, .steps = 4}, 3, Key(3)).y,
                walk(phi(), moving, 3, Key(3)).y));
}

TEST_CASE("chains: the number of threads does not change a bit, in a warm-up neither") {
  const auto check = [](const auto& chains) {
    const auto walked = [&](int threads) {
      const test::WithThreads scope(threads);
      return walk(phi(), chains, 4, Key(3));
    };
    const auto first = walked(1);
    for (const int threads : {2, 3}) CHECK(same_state(walked(threads), first));
  };
  for_each_sampler(start(), check);
  check(Mala<float>{.y = start(), .delta = 0.01, .warm_up = 3});
}

TEST_CASE("chains: a chain does not depend on how many there are") {
  const ConvEnergy<float> wider({.image = {12, 12, 1}, .channels = {16, 32}, .bottleneck = 4, .quadratic = 5.5},
                                Key(1));
  for_each_sampler(start(7), [&]<Sampler C>(C chains) {
    const Tensor<float> all = walk(wider, chains, 5, Key(3)).y;
    for (const Index some : {1, 2, 3, 6}) {
      chains.y = start(7).rows(0, some);
      CHECK(same_bits(walk(wider, chains, 5, Key(3)).y, all.rows(0, some)));
    }
    chains.y = start(7).rows(0, 0);
    CHECK(walk(wider, chains, 5, Key(3)).y.size() == 0);
  });
}

TEST_CASE("chains: different samplers and different keys draw different noise") {
  std::vector<Tensor<float>> ends;
  for_each_sampler(start(), [&](const auto& chains) {
    ends.push_back(walk(phi(), chains, 3, Key(3)).y);
    ends.push_back(walk(phi(), chains, 3, Key(4)).y);
  });
  for (std::size_t i = 0; i < ends.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) CHECK_FALSE(same_bits(ends[i], ends[j]));
}

TEST_CASE("chains: progress counts steps, and stops a walk where it is") {
  for_each_sampler(start(), [&](const auto& chains) {
    test::ProgressRecord record, stopped;
    const auto whole = walk(phi(), chains, 5, Key(3), record.until());
    CHECK(record.complete());
    CHECK(record.counts() == std::vector<Index>{1, 2, 3, 4, 5});
    const auto part = walk(phi(), chains, 5, Key(3), stopped.until(2));
    CHECK(part.steps == 2);
    CHECK(same_state(walk(phi(), part, 3, Key(3)), whole));
  });
}

TEST_CASE("chains: jumps never disturb them, and a walk with jumps that is cut takes each jump once") {
  for_each_sampler(start(), [&]<Sampler C>(const C& chains) {
    const C alone = walk(phi(), chains, 7, Key(3));
    std::vector<Index> whole;
    CHECK(same_state(walk_jump(phi(), chains, 0.3F, {.steps = 7, .every = 2}, Key(3),
                               [&](const Jump<float>& jump) {
                                 whole.push_back(jump.step);
                                 return true;
                               }),
                     alone));
    CHECK(whole == std::vector<Index>{0, 2, 4, 6});
    for (std::size_t calls = 1; calls <= 6; ++calls) {  // each is a step or a jump
      std::vector<Index> taken;
      const auto note = [&](const Jump<float>& jump) {
        taken.push_back(jump.step);
        return true;
      };
      test::ProgressRecord stopped;
      C part = walk_jump(phi(), chains, 0.3F, {.steps = 7, .every = 2}, Key(3), note, stopped.until(calls));
      part = walk_jump(phi(), part, 0.3F, {.steps = 7, .every = 2, .jumps = std::ssize(taken)}, Key(3), note);
      CHECK(taken == whole);
      CHECK(same_state(part, alone));
    }
  });
}

TEST_CASE("chains: beyond the next jump there is no way back") {
  const Langevin<float> far{.y = start(), .delta = 0.05, .steps = 5};
  const auto go_on = [](const Jump<float>&) { return true; };
  CHECK(message_of<ValueError>([&] {
          walk_jump(phi(), far, 0.3F, {.steps = 7, .every = 2, .jumps = 2}, Key(3), go_on);
        }) == "walk_jump: the chains have taken 5 steps, and are beyond 4, the next jump's or the last one");
  CHECK(message_of<ValueError>([&] {
          walk_jump(phi(), far, 0.3F, {.steps = 3, .every = 2, .jumps = 2}, Key(3), go_on);
        }).find("are beyond 3") != std::string::npos);
}

TEST_CASE("chains: a file of others, or with fields that do not fit, is refused") {
  const test::Scratch scratch;
  const std::string path = scratch.path("chains.safetensors");
  const auto message = [&](TensorMap tensors, Metadata metadata) {
    write_checkpoint(path, tensors, std::move(metadata));
    return message_of<FileError>([&] { read_chains<Mala<float>>(read_checkpoint(path)); });
  };
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  TensorMap tensors;
  Metadata metadata;
  add_chains(walk(phi(), Mala<float>{.y = start(), .delta = 0.05}, 2, Key(3)), tensors, metadata);
  const auto with = [&](const std::string& key, const std::string& value) {
    Metadata changed = metadata;
    changed[key] = value;
    return changed;
  };
  CHECK(has(message(tensors, with("sampler", "langevin")), "of the sampler langevin, expected mala"));
  CHECK(has(message(tensors, with("chains.delta", "-1")), "mala: delta is positive"));
  CHECK(has(message(tensors, with("chains.steps", "-1")), "steps is not negative"));
  CHECK(has(message(tensors, with("chains.adaptation.count", "x")), "expected a number"));
  CHECK(has(message({}, metadata), "has no tensor"));
  tensors["chains.energy"] = Tensor<float>::zeros({2});
  CHECK(has(message(tensors, metadata), "mala: energy is empty or of shape (6,)"));

  tensors.clear();
  add_chains(PreconditionedLangevin<float>{.y = start(), .delta = 0.05, .preconditioner = preconditioner()}, tensors,
             metadata);
  tensors["chains.preconditioner.deviations"] = Tensor<float>::full({144}, -1);
  write_checkpoint(path, tensors, metadata);
  CHECK(has(message_of<FileError>([&] { read_chains<PreconditionedLangevin<float>>(read_checkpoint(path)); }),
            "standard deviations are positive"));
}
