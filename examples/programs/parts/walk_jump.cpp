#include "parts/walk_jump.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <utility>

#include <neb/bayes/escaped.hpp>
#include <neb/data/sample.hpp>
#include <neb/io/checkpoint.hpp>
#include <neb/io/file.hpp>
#include <neb/io/number_text.hpp>
#include <neb/sampling/walk_jump.hpp>

#include "common/contact_sheet.hpp"
#include "common/interrupt.hpp"
#include "parts/diagnose.hpp"

namespace examples {

using neb::Index, neb::Tensor;

namespace {

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// A walk that runs in stretches of a fraction of a second, between which it is looked at and saved.
class Walker {
 public:
  Walker(const Program& program, const TrainedEnergy& energy, const Images& images, const WalkJump& walk,
         WalkState state)
      : program_(program), energy_(energy), walk_(walk), state_(std::move(state)) {
    if (walk.trace_every > 0) recorder_.emplace(energy, images);
    if (recorder_ && !state_.jumps.trace.series.empty()) recorder_->resume(state_.jumps.trace);
    if (!walk.checkpoint.empty()) interrupt_.emplace();
  }

  Jumps run() {
    if (state_.warming_up) warm_up();
    if (!state_.warming_up) walk();
    if (!walk_.checkpoint.empty()) save_at_end();
    if (const auto* mala = std::get_if<neb::Mala<float>>(&state_.chains)) state_.jumps.acceptance = mala->acceptance();
    state_.jumps.signal = signal();
    if (recorder_) state_.jumps.trace = trace();
    return std::move(state_.jumps);
  }

 private:
  using Clock = std::chrono::steady_clock;

  int signal() const { return interrupt_ ? interrupt_->signal() : 0; }
  neb::Key key() const { return neb::Key(program_.seed).fold("walk_jump"); }
  void save() {
    if (recorder_) state_.jumps.trace = trace();
    write_walk(walk_.checkpoint, state_, walk_, program_.seed, energy_);
  }
  /// What the walk has found is not lost when it cannot be saved; a walk that was stopped has nothing else.
  void save_at_end() {
    if (signal() != 0)
      save();
    else
      state_.jumps.saved = write_or_warn(program_, "the walk cannot be lengthened later", [&] { save(); });
  }
  Trace trace() const {
    Trace trace = recorder_->trace();
    trace.every = walk_.trace_every;
    trace.about = {{"sampler", facts_of(walk_.sampler).name},
                   {"sigma", neb::number_text(energy_.sigma)},
                   {"delta", neb::number_text(state_.jumps.delta)}};
    return trace;
  }
  /// How often the chains were looked at.
  Index looks() const { return recorder_ ? recorder_->draws() : std::ssize(state_.jumps.steps); }

  /// Finds the step size with MALA, and hands the points over to the sampler.
  void warm_up() {
    ProgressBar bar = program_.progress("warming up", "steps");
    auto& mala = std::get<neb::Mala<float>>(state_.chains);
    const auto done = [&](Index steps) { return static_cast<double>(steps) / static_cast<double>(walk_.warm_up); };
    while (mala.steps < walk_.warm_up) {
      const Index before = mala.steps;
      const bool goes_on = stretch([&](const auto& time_left) {
        mala = neb::walk(energy_.phi, std::move(mala), walk_.warm_up - before, key().fold("warm-up"),
                         [&](const neb::Progress& walked) {
                           const Index steps = before + walked.count;
                           bar.update(done(steps), static_cast<double>(steps), note_);
                           return time_left();
                         });
      });
      if (!goes_on && mala.steps < walk_.warm_up) return;
    }
    state_.jumps.delta = mala.delta * facts_of(walk_.sampler).share;
    state_.chains = chains_of(walk_, std::move(mala.y), state_.jumps.delta, energy_.sigma);
    state_.warming_up = false;
  }

  void walk() {
    ProgressBar bar = program_.progress("walking", "steps");
    const Index all_looks = walk_.steps / walk_.look_every() + 1;
    const auto ended = [&] {
      const Index steps = std::visit([](const auto& chains) { return chains.steps; }, state_.chains);
      return steps == walk_.steps && looks() == all_looks;
    };
    while (!ended()) {
      const bool goes_on = stretch([&](const auto& time_left) {
        std::visit([&](auto& chains) { chains = step_and_jump(std::move(chains), bar, time_left); }, state_.chains);
      });
      if (!goes_on) return;
    }
  }

  template <class C, class TimeLeft>
  C step_and_jump(C chains, ProgressBar& bar, const TimeLeft& time_left) {
    const neb::JumpSchedule schedule{.steps = walk_.steps, .every = walk_.look_every(), .jumps = looks()};
    return neb::walk_jump(
        energy_.phi, std::move(chains), static_cast<float>(energy_.sigma), schedule, key(),
        [&](const neb::Jump<float>& jump) {
          if (recorder_) recorder_->record(jump.y, jump.xhat);
          if (jump.step % walk_.every == 0) state_.jumps.add(jump.step, jump.y, jump.xhat);
          return true;
        },
        [&](const neb::Progress& progress) {
          bar.update(progress.done, static_cast<double>(progress.count), note_);
          return time_left();
        });
  }

  /// Calls `run`, which stops soon after time_left() has become false; then saves if it is time to. False after a signal.
  bool stretch(const std::function<void(const std::function<bool()>&)>& run) {
    const std::chrono::duration<double> longest(std::min(0.5, 60 * walk_.checkpoint_minutes));
    const auto end = Clock::now() + longest;
    run([&] { return signal() == 0 && Clock::now() < end; });
    note_ = note();
    const std::chrono::duration<double> unsaved = Clock::now() - saved_;
    if (!walk_.checkpoint.empty() && unsaved.count() > 60 * walk_.checkpoint_minutes) {
      write_or_warn(program_, "the walk goes on without this checkpoint", [&] { save(); });
      saved_ = Clock::now();
    }
    return signal() == 0;
  }

  /// What there is to say of the chains while they walk.
  std::string note() const {
    const auto* const mala = std::get_if<neb::Mala<float>>(&state_.chains);
    if (mala == nullptr || mala->steps == 0) return "";
    char text[64];
    if (state_.warming_up)
      std::snprintf(text, sizeof text, "delta %.3g, acceptance %.2f", mala->delta, mala->last_acceptance);
    else
      std::snprintf(text, sizeof text, "acceptance %.2f", mean_of(mala->acceptance()));
    return text;
  }

  const Program& program_;
  const TrainedEnergy& energy_;
  const WalkJump& walk_;
  WalkState state_;
  std::optional<Recorder> recorder_;
  std::optional<Interrupt> interrupt_;
  Clock::time_point saved_ = Clock::now();
  std::string note_;
};

/// Noisy training images, drawn at random, with nothing done yet.
WalkState start_of(const Program& program, const TrainedEnergy& energy, const Images& images, const WalkJump& walk) {
  const neb::Key key = neb::Key(program.seed).fold("walk_jump");
  Jumps jumps{.x0 = neb::sample_rows(images.train, walk.chains, key),
              .delta = walk.delta > 0 ? walk.delta : energy.sigma / 100};
  Tensor<float> y = neb::smooth(jumps.x0, static_cast<float>(energy.sigma), key);
  if (walk.warm_up == 0) {
    AnyChains chains = chains_of(walk, std::move(y), jumps.delta, energy.sigma);
    return {.jumps = std::move(jumps), .warming_up = false, .chains = std::move(chains)};
  }
  return {.jumps = std::move(jumps),
          .warming_up = true,
          .chains = neb::Mala<float>{.y = std::move(y), .delta = energy.sigma / 10, .warm_up = walk.warm_up}};
}

}  // namespace

Jumps walk_and_jump(const Program& program, const TrainedEnergy& energy, const Images& images, const WalkJump& walk) {
  check_input([&] {
    if (!walk.checkpoint.empty()) neb::check_writable(walk.checkpoint);
    if (!walk.trace.empty()) neb::check_writable(walk.trace);
  });
  WalkState state = walk.resume.empty() ? start_of(program, energy, images, walk) : read_walk(walk.resume, energy);
  if (walk.resume.empty() && !walk.checkpoint.empty()) neb::set_aside_checkpoint(walk.checkpoint);
  return Walker(program, energy, images, walk, std::move(state)).run();
}

void draw_jumps(const Jumps& jumps, const std::string& title, Index chains, std::size_t stride,
                const std::string& path) {
  const neb::Shape& shape = jumps.x0.shape();
  ContactSheet sheet(title, {shape[1], shape[2], shape[3]});
  sheet.add_row("data x0", jumps.x0, 0, chains);
  for (std::size_t jump = 0; jump < jumps.xhat.size(); jump += stride) {
    sheet.add_row(std::to_string(jumps.steps[jump]) + " steps", jumps.xhat[jump], 0, chains, /*gap=*/jump == 0);
    for (Index chain = 0; chain < chains; ++chain)
      if (jumps.escaped[jump][static_cast<std::size_t>(chain)]) sheet.cross_out(chain);
  }
  sheet.write(path);
}

std::optional<Summary> walk_jump(Program& program, const TrainedEnergy& energy, const Images& images,
                                 const WalkJump& walk) {
  const Jumps jumps = walk_and_jump(program, energy, images, walk);
  if (jumps.signal != 0) {
    program.print("stopped; go on with\n  %s\n", walk.resume_command.c_str());
    program.exit_code = 128 + jumps.signal;
    return std::nullopt;
  }
  if (!jumps.saved) program.exit_code = 1;
  const bool traced = !jumps.trace.series.empty() && deliver(program, [&] { write_trace(walk.trace, jumps.trace); });
  const std::string picture = program.picture_path("walk_jump");
  const bool drawn = deliver(program, [&] {
    draw_jumps(jumps, "sigma = " + neb::number_text(energy.sigma) + ": a chain in each column, jumps from its walk",
               walk.chains, /*stride=*/1, picture);
  });

  const neb::PixelRange range = jumps.range();
  const Index lost = std::count(jumps.escaped.back().begin(), jumps.escaped.back().end(), true);
  const std::string sampler = facts_of(walk.sampler).name;
  if (walk.warm_up > 0)
    program.print("step: delta %.4g = %.3g sigma for %s, from %ld steps of warm-up\n", jumps.delta,
                  jumps.delta / energy.sigma, sampler.c_str(), static_cast<long>(walk.warm_up));
  if (!jumps.acceptance.empty()) {
    const auto [least, most] = std::minmax_element(jumps.acceptance.begin(), jumps.acceptance.end());
    program.print("acceptance: %.3f, by chain from %.3f to %.3f\n", mean_of(jumps.acceptance), *least, *most);
  }
  program.print("%ld chains of %ld steps of delta %.4g at sigma %.4g: jumps have pixels in [%.3f, %.3f]\n",
                static_cast<long>(walk.chains), static_cast<long>(walk.steps), jumps.delta, energy.sigma, range.low,
                range.high);
  if (lost > 0)
    program.print(
        "%ld chains left the data (a pixel outside [-%.0f, %.0f]) and are crossed out; train longer, or take a smaller --step\n",
        static_cast<long>(lost), neb::escape_bound, neb::escape_bound);
  if (drawn) program.print("picture: %s\n", picture.c_str());
  Summary summary{{"sigma", energy.sigma},           {"sampler", sampler},     {"delta", jumps.delta},
                  {"warm_up", walk.warm_up},         {"chains", walk.chains},  {"steps", walk.steps},
                  {"jump_min", range.low},           {"jump_max", range.high}, {"every", walk.every},
                  {"jumps", std::ssize(jumps.xhat)}, {"escaped", lost}};
  if (!jumps.acceptance.empty()) summary.emplace_back("acceptance", jumps.acceptance);
  if (jumps.trace.series.empty()) return summary;
  if (traced) program.print("trace: %s\n\n", walk.trace.c_str());
  const Summary found = diagnose(program, jumps.trace, "walk_jump");
  summary.insert(summary.end(), found.begin(), found.end());
  return summary;
}

}  // namespace examples
