#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>

#include "distributed/thread_ranks.hpp"
#include "io/scratch.hpp"
#include "kernels/support.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/training/trainer.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::message_of;
using neb::test::relative_difference;
using neb::test::same_parameters;
using neb::test::ThreadRank;

namespace {

using Net = ConvEnergy<float>;
using SharedTrainer = DeenTrainer<Net, ThreadRank>;

Net fresh() { return Net({.image = {9, 9, 1}, .channels = {6, 12}, .bottleneck = 4, .quadratic = 0.5}, Key(1)); }

Tensor<float> images() { return random_uniform<float>({20, 9, 9, 1}, Key(2)); }

TrainOptions in_shards(Index shards) {
  return {.batch = 13,
          .steps = 20,
          .learning_rate = 3e-3,
          .ema_decay = 0.9,
          .seed = 11,
          .fill = 0.3,
          .veil = 0.5,
          .shards = shards};
}

/// The weights after a run in one process, trained once.
const Net& trained(Index shards) {
  static std::map<Index, Net> all;
  const auto found = all.find(shards);
  if (found != all.end()) return found->second;
  DeenTrainer trainer(fresh(), images(), in_shards(shards));
  trainer.run();
  return all.emplace(shards, trainer.phi()).first->second;
}

}  // namespace

TEST_CASE("shards: the parts of a batch add up to the loss and the gradient of the whole, filled and veiled or not") {
  for (const double fill : {0.0, 0.3}) {
    CAPTURE(fill);
    TrainOptions whole = in_shards(1), cut = in_shards(5);
    whole.fill = cut.fill = fill;
    whole.veil = cut.veil = fill > 0 ? 0.5 : 0;
    DeenTrainer one(fresh(), images(), whole), five(fresh(), images(), cut);
    one.step();
    five.step();
    CHECK(five.report().loss == doctest::Approx(one.report().loss).epsilon(1e-5));
    const auto a = parameters(one.phi()), b = parameters(five.phi());
    // A step of Adam magnifies what gradients differ by where they are near zero: most weights agree to many digits.
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(relative_difference(a[i].value(), b[i].value()) < 1e-3);
  }
}

TEST_CASE("shards: 20 steps have the same bits on 1, 2, 3, 5 and 8 ranks, for any number of shards") {
  for (const Index shards : {5, 8, 13}) {
    CAPTURE(shards);
    CHECK_FALSE(same_parameters(trained(shards), trained(1)));
    for (const int ranks : {2, 3, 5, 8}) {
      if (ranks > shards) continue;
      CAPTURE(ranks);
      test::on_ranks(ranks, [&](ThreadRank& rank) {
        SharedTrainer trainer(fresh(), images(), in_shards(shards), rank);
        trainer.run();
        CHECK(same_parameters(trainer.phi(), trained(shards)));
      });
    }
  }
}

TEST_CASE("shards: a run that is saved on four ranks goes on with the same bits on three, and in one process") {
  const test::Scratch scratch;
  const std::string file = scratch.path("checkpoint.safetensors");
  test::on_ranks(4, [&](ThreadRank& rank) {
    SharedTrainer trainer(fresh(), images(), in_shards(5), rank);
    // Rank 0 alone is asked whether to go on, and ends the run of all.
    trainer.run([](const Progress& progress) { return progress.count < 9; });
    CHECK(trainer.report().step == 9);
    if (rank.rank() == 0) trainer.save(file);
  });
  test::on_ranks(3, [&](ThreadRank& rank) {
    SharedTrainer trainer(fresh(), images(), in_shards(5), rank);
    trainer.resume(file);
    trainer.run();
    CHECK(same_parameters(trainer.phi(), trained(5)));
  });
  DeenTrainer alone(fresh(), images(), in_shards(5));
  alone.resume(file);
  alone.run();
  CHECK(same_parameters(alone.phi(), trained(5)));

  DeenTrainer other(fresh(), images(), in_shards(4));
  CHECK(message_of<FileError>([&] {
          other.resume(file);
        }).ends_with("the checkpoint has shards 5, this run 4; resume with the same settings"));
}

TEST_CASE("shards: ranks that compute other bits are kept on rank 0's weights and moments") {
  Net first = fresh();
  test::on_ranks(
      2,
      [&](ThreadRank& rank) {
        // As if a library's exponential differed: the same energy, but for a last digit.
        Net phi = fresh();
        if (rank.rank() == 1)
          visit_parameters(phi, [](const std::string&, Var<float>& parameter) { parameter = parameter * 1.0000001F; });
        SharedTrainer trainer(std::move(phi), images(), in_shards(2), rank);
        trainer.step();
        if (rank.rank() == 0) first = trainer.phi();
        std::int64_t written = 1;
        rank.sum(std::span(&written, 1));  // rank 1 waits for rank 0
        CHECK(same_parameters(trainer.phi(), first));
      },
      /*alike=*/false);
}

TEST_CASE("shards: a gradient that is not finite on one rank ends the step on all of them with one message") {
  test::on_ranks(3, [&](ThreadRank& rank) {
    Tensor<float> data = images();
    if (rank.rank() == 1) data = Tensor<float>::full(data.shape(), std::numeric_limits<float>::quiet_NaN());
    SharedTrainer trainer(fresh(), data, in_shards(3), rank);
    CHECK(message_of<Error>([&] { trainer.step(); }) ==
          "training diverged at step 0: the loss or its gradient is not finite; lower the learning rate");
  });
}

TEST_CASE("shards: more of them than samples, and more ranks than shards, are refused") {
  CHECK(message_of<ValueError>([] { DeenTrainer(fresh(), images(), in_shards(14)); }) ==
        "DeenTrainer: a batch of 13 has from 1 to as many shards, got 14");
  CHECK(message_of<ValueError>([] { DeenTrainer(fresh(), images(), in_shards(0)); }) ==
        "DeenTrainer: a batch of 13 has from 1 to as many shards, got 0");
  test::on_ranks(3, [](ThreadRank& rank) {
    CHECK(message_of<ValueError>([&] { SharedTrainer(fresh(), images(), in_shards(2), rank); }) ==
          "DeenTrainer: each rank has a shard at least, but there are 3 ranks, and a batch has 2");
  });
}
