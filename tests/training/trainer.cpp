#include "neb/training/trainer.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "bayes/closed_forms.hpp"
#include "io/scratch.hpp"
#include "kernels/support.hpp"
#include "member_count.hpp"
#include "neb/energy/conv_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "nn/support.hpp"
#include "progress.hpp"

using namespace neb;
using neb::test::file_error_of;
using neb::test::message_of;
using neb::test::same_bits;
using neb::test::same_parameters;
using neb::test::Scratch;

namespace {

using Net = ConvEnergy<float>;
using Trainer = DeenTrainer<Net>;

Net fresh() { return Net({.image = {9, 9, 1}, .channels = {6, 20}, .bottleneck = 4}, Key(1)); }

Tensor<float> images() { return random_uniform<float>({20, 9, 9, 1}, Key(2)); }

const TrainOptions options{.batch = 16, .steps = 7, .learning_rate = 3e-3, .warmup = 0.3, .ema_decay = 0.9, .seed = 11};

/// Whether another trainer, resumed from a checkpoint of this one, comes to its bits.
bool goes_on_from_a_checkpoint(Trainer& whole, const TrainOptions& settings) {
  const Scratch scratch;
  whole.save(scratch.path("checkpoint"));
  Trainer resumed(fresh(), images(), settings);
  resumed.resume(scratch.path("checkpoint"));
  whole.run();
  resumed.run();
  return same_parameters(resumed.phi(), whole.phi());
}

}  // namespace

TEST_CASE("trainer: settings at their bounds are taken") {
  for (const TrainOptions& bound :
       {TrainOptions{.batch = 1, .steps = 1, .warmup = 0, .ema_decay = 0},
        TrainOptions{.batch = 2, .steps = 1, .fill = 0.5},
        TrainOptions{.batch = 4, .steps = 1, .warmup = 1, .fill = 0.5, .fill_weight = 0, .veil = 1},
        TrainOptions{.batch = 3, .steps = 1, .schedule = Schedule::trapezoid, .shards = 3}}) {
    Trainer trainer(fresh(), images(), bound);
    trainer.run();
    CHECK(trainer.finished());
    CHECK(std::isfinite(trainer.report().loss));
  }
}

TEST_CASE("trainer: the same seed gives the same bits of weights and averages at any thread count") {
  Net first = fresh(), first_average = fresh();
  for (const int threads : {1, 2, 3, 4}) {
    CAPTURE(threads);
    const test::WithThreads scope(threads);
    Trainer trainer(fresh(), images(), options);
    trainer.run();
    if (threads == 1) {
      first = trainer.phi();
      first_average = trainer.averaged();
      CHECK_FALSE(same_parameters(first, fresh()));
    }
    CHECK(same_parameters(trainer.phi(), first));
    CHECK(same_parameters(trainer.averaged(), first_average));
  }
  TrainOptions seeded = options;
  seeded.seed = 12;
  Trainer other(fresh(), images(), seeded);
  other.run();
  CHECK_FALSE(same_parameters(other.phi(), first));
}

TEST_CASE("trainer: moved or copied in the middle of a run, it goes on with the same bits") {
  Trainer still(fresh(), images(), options);
  still.run();

  Net phi = fresh();
  auto first = std::make_unique<Trainer>(phi, images(), options);
  CHECK(same_parameters(first->phi(), phi));
  for (int i = 0; i < 3; ++i) first->step();
  CHECK(same_parameters(phi, fresh()));  // the trainer has its own
  Trainer copy = *first;
  Trainer moved = std::move(*first);
  first.reset();
  for (Trainer* trainer : {&moved, &copy}) {
    trainer->run();
    CHECK(same_parameters(trainer->phi(), still.phi()));
    CHECK(same_parameters(trainer->averaged(), still.averaged()));
  }
}

TEST_CASE("trainer: a steady step asks the system for no buffer, whatever its sizes") {
  const test::WithThreads one(1);  // threads that share tasks hold more or fewer working buffers at once
  Trainer trainer(Net({.channels = {8, 24}, .bottleneck = 4}, Key(1)), random_uniform<float>({64, 28, 28, 1}, Key(2)),
                  {.batch = 64, .steps = 100});
  for (int i = 0; i < 3; ++i) trainer.step();
  const MemoryStats before = memory_stats();
  for (int i = 0; i < 4; ++i) trainer.step();
  CHECK(memory_stats().live == before.live);
  CHECK(memory_stats().live + memory_stats().cached == before.live + before.cached);
}

TEST_CASE("trainer: an average of decay 0 is the weights, and costs no memory") {
  TrainOptions without = options;
  without.ema_decay = 0;
  Trainer trainer(fresh(), images(), without);
  trainer.run();
  CHECK(same_parameters(trainer.averaged(), trainer.phi()));
  CHECK_FALSE(same_parameters(trainer.phi(), fresh()));
}

TEST_CASE("trainer: saved and resumed at any step, a run goes on with the bits of an uninterrupted one") {
  const Scratch scratch;
  Trainer uninterrupted(fresh(), images(), options);
  uninterrupted.run();
  uninterrupted.save(scratch.path("whole"));
  for (const Index cut : {0, 1, 4, 7}) {
    CAPTURE(cut);
    Trainer interrupted(fresh(), images(), options);
    if (cut > 0) interrupted.run([&](const Progress& progress) { return progress.count < cut; });
    CHECK(interrupted.report().step == cut);
    interrupted.save(scratch.path("cut"), {{"note", "kept"}});
    CHECK(read_checkpoint(scratch.path("cut")).text("note") == "kept");

    Trainer resumed(Net({.image = {9, 9, 1}, .channels = {6, 20}, .bottleneck = 4}, Key(99)), images(), options);
    resumed.resume(scratch.path("cut"));
    CHECK(resumed.report().step == cut);
    CHECK(resumed.report().seconds == interrupted.report().seconds);
    CHECK(resumed.finished() == (cut == 7));
    resumed.run();
    CHECK(same_parameters(resumed.phi(), uninterrupted.phi()));
    CHECK(same_parameters(resumed.averaged(), uninterrupted.averaged()));
    // The moments too: the files agree in every tensor.
    resumed.save(scratch.path("resumed"));
    const SafeTensors a = read_checkpoint(scratch.path("whole")), b = read_checkpoint(scratch.path("resumed"));
    for (const auto& [name, entry] : a.entries()) CHECK(same_bits(a.get<float>(name), b.get<float>(name)));
    CHECK(a.entries().size() == b.entries().size());
  }
}

TEST_CASE("trainer: a checkpoint of other settings is refused with the setting's name, and nothing changes") {
  const Scratch scratch;
  const std::string path = scratch.path("checkpoint");
  Trainer trainer(fresh(), images(), options);
  trainer.step();
  trainer.save(path);

  const auto error = [&](auto&& change) {
    TrainOptions changed = options;
    change(changed);
    Trainer resumed(fresh(), images(), changed);
    const std::string message = file_error_of([&] { resumed.resume(path); });
    if (!message.empty()) CHECK(same_parameters(resumed.phi(), fresh()));
    CHECK(resumed.report().step == (message.empty() ? 1 : 0));
    return test::without(message, path + ": the checkpoint has ");
  };
  const std::string same = "; resume with the same settings";
  CHECK(error([](TrainOptions& o) { o.sigma = 0.5; }) == "sigma 0.3, this run 0.5" + same);
  CHECK(error([](TrainOptions& o) { o.batch = 8; }) == "batch 16, this run 8" + same);
  CHECK(error([](TrainOptions& o) { o.steps = 70; }) == "steps 7, this run 70" + same);
  CHECK(error([](TrainOptions& o) { o.minutes = 2; }).find("minutes 0, this run 2") == 0);
  CHECK(error([](TrainOptions& o) { o.learning_rate = 1; }) == "learning_rate 0.003, this run 1" + same);
  CHECK(error([](TrainOptions& o) { o.schedule = Schedule::linear; }).find("schedule ") == 0);
  CHECK(error([](TrainOptions& o) { o.warmup = 0; }) == "warmup 0.3, this run 0" + same);
  CHECK(error([](TrainOptions& o) { o.ema_decay = 0.8; }) == "ema_decay 0.9, this run 0.8" + same);
  CHECK(error([](TrainOptions& o) { o.seed = 12; }) == "seed 11, this run 12" + same);
  CHECK(error([](TrainOptions& o) { o.fill = 0.25; }) == "fill 0, this run 0.25" + same);
  CHECK(error([](TrainOptions& o) { o.clip = 2; }) == "clip 0, this run 2" + same);
  CHECK(error([](TrainOptions& o) { o.veil = 0.5, o.fill = 0.25; }).find("fill 0, this run 0.25") == 0);
  CHECK(error([](TrainOptions&) {}) == "");
  // All of them: a field that visit() forgets would not be compared.
  CHECK(test::visited_count<TrainOptions>() == test::member_count<TrainOptions>());

  Trainer fewer(fresh(), images().rows(0, 19), options);
  CHECK(file_error_of([&] { fewer.resume(path); }) == path + ": the checkpoint has samples 20, this run 19" + same);
}

TEST_CASE("trainer: a checkpoint of another network, or of nonsense, is refused and nothing changes") {
  const Scratch scratch;
  const std::string path = scratch.path("checkpoint");
  Trainer trainer(fresh(), images(), options);
  trainer.step();
  trainer.save(path);

  const Net wide({.image = {9, 9, 1}, .channels = {6, 21}, .bottleneck = 4}, Key(1));
  Trainer other(wide, images(), options);
  CHECK(file_error_of([&] {
          other.resume(path);
        }).find("tensor \"parameter.conv.1.weight\": expected shape (21, 3, 3, 6)") != std::string::npos);
  CHECK(same_parameters(other.phi(), wide));
  CHECK(same_parameters(other.averaged(), wide));

  const auto damaged = [&](const std::string& key, const std::string& value) {
    const SafeTensors file = read_checkpoint(path);
    TensorMap tensors;
    for (const auto& [name, entry] : file.entries()) tensors.emplace(name, file.get<float>(name));
    Metadata metadata = file.metadata();
    metadata[key] = value;
    write_checkpoint(scratch.path("damaged"), tensors, metadata);
    Trainer resumed(fresh(), images(), options);
    const std::string message = file_error_of([&] { resumed.resume(scratch.path("damaged")); });
    CHECK(same_parameters(resumed.phi(), fresh()));
    return test::without(message, scratch.path("damaged") + ": ");
  };
  CHECK(damaged("step", "-1") == "metadata \"step\": expected a count, got -1");
  CHECK(damaged("step", "9223372036854775807").find("metadata \"step\": expected a count") == 0);
  CHECK(damaged("seconds", "inf") == "metadata \"seconds\": expected a duration, got inf");
  CHECK(damaged("progress", "nan") == "metadata \"progress\": expected a part of the run, got nan");
  CHECK(damaged("progress", "1.5") == "metadata \"progress\": expected a part of the run, got 1.5");
  CHECK(damaged("seconds", "-3") == "metadata \"seconds\": expected a duration, got -3");
  CHECK(damaged("seconds", "nan") == "metadata \"seconds\": expected a duration, got nan");
  CHECK(file_error_of([&] { trainer.resume(scratch.path("absent")); }).find(scratch.path("absent")) == 0);
}

TEST_CASE("trainer: filled batches and a quadratic part are in the checkpoint, and resumed they give the same bits") {
  const Scratch scratch;
  TrainOptions filled = options;
  filled.fill = 0.25;
  filled.veil = 0.5;
  const auto bowl = [](float middle) {
    return Net({.image = {9, 9, 1}, .channels = {6, 20}, .bottleneck = 4, .quadratic = exact_quadratic(0.3)}, Key(1),
               Tensor<float>::full({9, 9, 1}, middle));
  };
  Trainer whole(bowl(0.5F), images(), filled), part(bowl(0.5F), images(), filled);
  whole.run();
  while (part.report().step < 3) part.step();
  part.save(scratch.path("checkpoint"));
  Trainer resumed(bowl(0.25F), images(), filled);  // the centre is the checkpoint's, whatever the new run would take
  resumed.resume(scratch.path("checkpoint"));
  CHECK(same_bits(resumed.phi().centre, whole.phi().centre));
  resumed.run();
  CHECK(same_parameters(resumed.phi(), whole.phi()));
  CHECK(same_parameters(resumed.averaged(), whole.averaged()));

  Trainer plain(bowl(0.5F), images(), options);
  CHECK(file_error_of([&] {
          plain.resume(scratch.path("checkpoint"));
        }).find("the checkpoint has fill 0.25, this run 0; resume with the same settings") != std::string::npos);
  filled.veil = 0;
  Trainer clear(bowl(0.5F), images(), filled);
  CHECK(file_error_of([&] {
          clear.resume(scratch.path("checkpoint"));
        }).find("the checkpoint has veil 0.5, this run 0; resume with the same settings") != std::string::npos);
  clear.save(scratch.path("shaded"), {{"shade", "0.5"}});  // as before veils took the place of shades
  CHECK(file_error_of([&] { clear.resume(scratch.path("shaded")); }).find("the checkpoint has shade 0.5, this run 0") !=
        std::string::npos);
  CHECK_FALSE(same_parameters((clear.run(), clear.phi()), whole.phi()));
}

TEST_CASE("trainer: a veiled run differs from one that is not, and goes on from a checkpoint with its bits") {
  TrainOptions clear = options;
  clear.fill = 0.5;
  TrainOptions covered = clear;
  covered.veil = 1;
  Trainer whole(fresh(), images(), covered), without(fresh(), images(), clear);
  whole.step();
  without.step();
  CHECK(whole.report().loss == without.report().loss);  // that of the shell
  whole.step();
  without.step();
  CHECK_FALSE(same_parameters(whole.phi(), without.phi()));
  CHECK(goes_on_from_a_checkpoint(whole, covered));
}

TEST_CASE("trainer: a clipped run differs from one that is not, and goes on from a checkpoint with its bits") {
  TrainOptions clipped = options;
  clipped.clip = 0.1;
  Trainer whole(fresh(), images(), clipped), free(fresh(), images(), options);
  whole.step();  // with nothing before it, the first gradient is as it is
  free.step();
  CHECK(same_parameters(whole.phi(), free.phi()));
  whole.step();
  free.step();
  CHECK_FALSE(same_parameters(whole.phi(), free.phi()));
  CHECK(goes_on_from_a_checkpoint(whole, clipped));
}

TEST_CASE("trainer: the loss that it reports is the shell's, whatever is filled") {
  // A steep bowl around nothing: the error of a jump is known for each row, and grows with its radius.
  TrainOptions filled = options;
  filled.fill = 0.5;
  filled.fill_weight = 0;
  Trainer trainer(fresh(), images(), filled);
  const Net before = trainer.phi();
  trainer.step();
  const Key key = Key(filled.seed).fold("train").at(0);
  const Tensor<float> x = sample_rows(images(), filled.batch, key);
  const std::vector<double> radii = filled_radii(filled.batch, filled.fill, key);
  const Tensor<float> errors =
      deen_errors(before, Var<float>::constant(x), Var<float>::constant(smooth(x, 0.3F, key)), 0.3F).value();
  double shell = 0, rows = 0;
  for (Index row = 0; row < filled.batch; ++row)
    if (radii[static_cast<std::size_t>(row)] == 1) shell += static_cast<double>(errors(row)), ++rows;
  CHECK(rows == 8);
  CHECK(trainer.report().loss == doctest::Approx(shell / rows).epsilon(1e-5));
}

TEST_CASE("trainer: every schedule runs") {
  for (const Schedule schedule : {Schedule::constant, Schedule::linear, Schedule::cosine, Schedule::trapezoid}) {
    TrainOptions scheduled = options;
    scheduled.schedule = schedule;
    Trainer trainer(fresh(), images(), scheduled);
    for (int step = 0; step < 2; ++step) trainer.step();
    CHECK(trainer.report().learning_rate == doctest::Approx(3e-3 * schedule_factor(schedule, 1 / 7.0, 0.3)));
  }
}

TEST_CASE("trainer: reports count steps, follow the schedule, and a callback can stop the run") {
  Trainer trainer(fresh(), images(), options);
  Index steps = 0;
  trainer.run([&](const Progress& progress) {
    const TrainReport& report = trainer.report();
    // The rate of a step is that of the progress before it.
    const double before = static_cast<double>(steps) / 7;
    CHECK(report.learning_rate == doctest::Approx(3e-3 * schedule_factor(Schedule::cosine, before, 0.3)));
    CHECK(report.step == ++steps);
    CHECK(report.progress == doctest::Approx(static_cast<double>(steps) / 7));
    CHECK(progress.count == steps);
    CHECK(progress.done == report.progress);
    CHECK(report.loss > 0);
    CHECK(report.seconds > 0);
    CHECK(report.images_per_second == doctest::Approx(static_cast<double>(steps * options.batch) / report.seconds));
    return steps < 5;
  });
  CHECK(steps == 5);
  CHECK_FALSE(trainer.finished());
  test::ProgressRecord rest;
  trainer.run(rest.until());
  CHECK(rest.complete());
  CHECK(rest.counts() == std::vector<Index>{6, 7});
  CHECK(trainer.finished());
  CHECK(trainer.report().step == 7);
}

TEST_CASE("trainer: a run by the clock ends when its minutes are over") {
  TrainOptions timed = options;
  timed.minutes = 0.1 / 60;
  Trainer trainer(fresh(), images(), timed);
  trainer.run();
  CHECK(trainer.finished());
  CHECK(trainer.report().seconds >= 0.1);
  CHECK(trainer.report().progress == 1);
}

TEST_CASE("trainer: a loss that is not finite any more ends the run with an error") {
  TrainOptions wild = options;
  wild.learning_rate = 1e12;
  wild.warmup = 0;
  Trainer trainer(fresh(), images(), wild);
  const std::string message = message_of<Error>([&] { trainer.run(); });
  CHECK(message.find("training diverged at step ") == 0);
  CHECK(message.find("; lower the learning rate") != std::string::npos);
}

TEST_CASE("trainer: weights that are not finite after a step end the run, though its loss was") {
  TrainOptions wild = options;
  wild.steps = 1;
  wild.learning_rate = 3.4e38;  // times a gradient above 1, beyond float
  wild.warmup = 0;
  wild.sigma = 100;
  Trainer trainer(fresh(), images(), wild);
  CHECK(message_of<Error>([&] { trainer.step(); }).find("training diverged at step 0: the weights \"") == 0);
  const Scratch scratch;
  scratch.put("checkpoint", "a good one");
  CHECK(file_error_of([&] { trainer.save(scratch.path("checkpoint")); }).find("is not written: tensor \"average.") !=
        std::string::npos);
  CHECK(test::content_of(scratch.path("checkpoint")) == "a good one");
}

TEST_CASE("trainer: settings out of range are refused") {
  const auto error = [](auto&& change, Tensor<float> data = images()) {
    TrainOptions changed = options;
    change(changed);
    return message_of<Error>([&] { Trainer(fresh(), data, changed); });
  };
  CHECK(error([](TrainOptions& o) { o.sigma = 0; }).find("DeenTrainer: sigma is a positive noise level") == 0);
  CHECK(error([](TrainOptions& o) { o.batch = 0; }) == "DeenTrainer: batch is at least 1, got 0");
  CHECK(error([](TrainOptions& o) { o.steps = 0; }) == "DeenTrainer: steps or minutes is positive");
  CHECK(error([](TrainOptions& o) { o.learning_rate = 0; }).find("DeenTrainer: the learning rate is positive") == 0);
  CHECK(error([](TrainOptions& o) {
          o.learning_rate = std::nan("");
        }).find("DeenTrainer: the learning rate is positive") == 0);
  CHECK(error([](TrainOptions& o) { o.sigma = 1e7; }).find("DeenTrainer: sigma is a positive noise level") == 0);
  CHECK(error([](TrainOptions& o) { o.learning_rate = HUGE_VAL; }).find("DeenTrainer: the learning rate is") == 0);
  CHECK(error([](TrainOptions& o) { o.clip = -1; }).find("DeenTrainer: clip is not negative") == 0);
  CHECK(error([](TrainOptions& o) { o.clip = HUGE_VAL; }).find("DeenTrainer: clip is not negative") == 0);
  CHECK(error([](TrainOptions& o) { o.warmup = std::nan(""); }) == "DeenTrainer: warmup is a part of the run, got nan");
  CHECK(error([](TrainOptions& o) { o.minutes = std::nan(""); }) == "DeenTrainer: minutes are not negative, got nan");
  CHECK(error([](TrainOptions& o) { o.schedule = static_cast<Schedule>(77); }) ==
        "DeenTrainer: there is no schedule of number 77");
  CHECK(error([](TrainOptions& o) { o.fill = 0.6; }).find("DeenTrainer: fill is in [0, 0.5]") == 0);
  CHECK(error([](TrainOptions& o) { o.fill = -0.1; }).find("DeenTrainer: fill is in [0, 0.5]") == 0);
  CHECK(error([](TrainOptions& o) { o.fill = 0.5, o.batch = 1; }).find("and above 0 only for batches of") !=
        std::string::npos);
  CHECK(error([](TrainOptions& o) { o.fill = 0.1, o.veil = 2; }).find("DeenTrainer: veil is in [0, 1]") == 0);
  CHECK(error([](TrainOptions& o) { o.veil = 0.5; }).find("and above 0 only beside a share to fill") !=
        std::string::npos);
  CHECK(error([](TrainOptions& o) { o.fill_weight = -1; }).find("DeenTrainer: fill_weight is not negative") == 0);
  CHECK(error([](TrainOptions&) {}, Tensor<float>::zeros({0, 9, 9, 1}))
            .find("DeenTrainer: expects at least one sample") == 0);
  CHECK(error([](TrainOptions&) {}) == "");
}

TEST_CASE("trainer: on Gaussian data it reaches the closed-form loss and score") {
  constexpr double v = 1.5, s = 0.8;
  constexpr Index d = 2;
  DeenTrainer trainer(MlpEnergy<float>({.widths = {d, 32, 32}}, Key(1)),
                      test::normal_samples<float>(20000, d, v, Key(2)),
                      {.sigma = s, .batch = 256, .steps = 500, .learning_rate = 1e-2, .ema_decay = 0.98, .seed = 3});
  trainer.run();
  const MlpEnergy<float> trained = trainer.averaged();

  // Against the optimum on the same samples and noise, so that sampling errors cancel.
  const Tensor<float> x = test::normal_samples<float>(20000, d, v, Key(4));
  const test::GaussianEnergy<float> optimum{static_cast<float>(v + s * s)};
  const double best = denoising_error(optimum, x, static_cast<float>(s), Key(5));
  CHECK(best == doctest::Approx(d * v * s * s / (v + s * s)).epsilon(0.05));
  const double reached = denoising_error(trained, x, static_cast<float>(s), Key(5));
  CHECK(trainer.validate(x, Key(5)) == reached);
  CHECK(reached < 1.02 * best);
  CHECK(reached > 0.998 * best);  // nothing beats the optimum by more than chance

  const Tensor<float> y = smooth(x, static_cast<float>(s), Key(6));
  const Tensor<float> g = energy_and_gradient(trained, Var<float>::constant(y)).gradient.value();
  double difference = 0, scale = 0;
  for (Index i = 0; i < y.size(); ++i) {
    const double expected = static_cast<double>(y.data()[i]) / (v + s * s);
    difference += std::pow(static_cast<double>(g.data()[i]) - expected, 2);
    scale += expected * expected;
  }
  CHECK(std::sqrt(difference / scale) < 0.15);
}
