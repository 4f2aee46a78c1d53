#include "parts/train.hpp"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <neb/core/finite.hpp>
#include <neb/data/sample.hpp>
#include <neb/energy/any_energy.hpp>
#include <neb/io/checkpoint.hpp>

#include "common/interrupt.hpp"
#include "common/shared_work.hpp"
#include "parts/training_log.hpp"
#include "parts/wire.hpp"

// Compiled in common/trained_energy.cpp.
extern template struct neb::ConvEnergy<float>;
extern template struct neb::ConvexEnergy<float>;

namespace examples {

using neb::Index;

namespace {

double peak_rss_mb() {
  ::rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// The fields of an architecture that say something, but for the image's size.
template <class Options>
std::string text_of(const Options& architecture) {
  std::string text;
  Options::visit(architecture, [&](const std::string& name, const auto& field) {
    const std::string value = neb::option_text(field);
    if (name != "image" && !value.empty()) text += (text.empty() ? "" : ", ") + name + " " + value;
  });
  return text;
}

/// The same network beside a quadratic part of another coefficient.
template <class Phi>
Phi with_quadratic(const Phi& phi, double coefficient) {
  auto architecture = phi.options;
  architecture.quadratic = coefficient;
  Phi changed(architecture, neb::Key(0), phi.centre);
  neb::load_state(changed, neb::state(phi));
  return changed;
}

/// An energy of that architecture with random weights.
auto make_energy(const neb::ConvEnergyOptions& architecture, const neb::Key& key, neb::Tensor<float> centre) {
  return neb::ConvEnergy<float>(architecture, key, std::move(centre));
}
auto make_energy(const neb::ConvexEnergyOptions& architecture, const neb::Key& key, neb::Tensor<float> centre) {
  return neb::ConvexEnergy<float>(architecture, key, std::move(centre));
}

/// Steps to the end or to the first signal, which is returned.
template <class Phi>
int run_steps(Program& program, neb::DeenTrainer<Phi, Ranks>& trainer, const Training& training,
              const Interrupt& interrupt, const std::function<void()>& save) {
  using Clock = std::chrono::steady_clock;
  TrainingLog log(program, trainer.report().step);
  ProgressBar bar = program.progress("training", "images");
  auto saved = Clock::now();
  double loss_sum = 0;
  Index losses = 0;
  std::string note;
  const auto images_seen = [&] { return static_cast<double>(trainer.report().step * training.options.batch); };
  bar.update(trainer.report().progress, images_seen());
  trainer.run([&](const neb::Progress& progress) {
    const neb::TrainReport& report = trainer.report();
    loss_sum += report.loss;
    ++losses;
    if (report.step % training.report_every == 0 || trainer.finished() || interrupt.signal() != 0) {
      const double loss = loss_sum / static_cast<double>(losses);
      log.write({{"step", report.step},
                 {"progress", report.progress},
                 {"seconds", report.seconds},
                 {"loss", loss},
                 {"learning_rate", report.learning_rate},
                 {"images_per_second", report.images_per_second}});
      char text[64];
      std::snprintf(text, sizeof text, "step %ld, loss %.2f", static_cast<long>(report.step), loss);
      note = text;
      loss_sum = 0;
      losses = 0;
    }
    bar.update(progress.done, images_seen(), note);
    if (std::chrono::duration<double>(Clock::now() - saved).count() > 60 * training.checkpoint_minutes) {
      write_or_warn(program, "the run goes on without this checkpoint", save);  // the next one may find room again
      saved = Clock::now();
    }
    return interrupt.signal() == 0;
  });
  return trainer.finished() ? 0 : interrupt.signal();
}

/// The energy of the averaged weights.
template <class Phi>
TrainedEnergy averaged_energy(const neb::DeenTrainer<Phi, Ranks>& trainer, double sigma) {
  const auto averaged = std::make_shared<const Phi>(trainer.averaged());
  return {[averaged](const neb::Var<float>& y) { return (*averaged)(y); }, sigma, averaged->options.image};
}

/// What ranks other than 0 do: their part of each step, and of the test loss, if there is one.
template <class Phi>
void follow(const Program& program, neb::DeenTrainer<Phi, Ranks>& trainer) {
  const Interrupt left_to_rank_0;
  trainer.run();
  if (trainer.finished()) with_shared_energy(program, averaged_energy(trainer, 0), {});
}

double noise_alone(const Training& training, const neb::Shape& image) {
  return training.options.sigma * training.options.sigma * static_cast<double>(image.size());
}

/// What there is to read before the first step.
template <class Phi>
void print_plan(const Program& program, const Images& images, const Training& training,
                const neb::DeenTrainer<Phi, Ranks>& trainer) {
  const auto& net = trainer.phi().options;
  const auto count = [](const neb::Tensor<float>& x) { return static_cast<long>(x.shape()[0]); };
  const auto [low, high] = pixel_range(images.train);
  program.print("images: %ld to train on, %ld to test with, %s pixels from %.3g to %.3g\n", count(images.train),
                count(images.test), size_text(net.image).c_str(), low, high);
  program.print("energy: %s: %ld weights\n", text_of(net).c_str(),
                static_cast<long>(neb::parameter_count(trainer.phi())));
  program.print(
      "noise: sigma %.4g; an image loses d sigma^2 = %.4g to it, and the jump wins back what the energy knows\n",
      training.options.sigma, noise_alone(training, net.image));
  if (!training.resume.empty())
    program.print("resumed: %s, after %ld steps\n", training.resume.c_str(), static_cast<long>(trainer.report().step));
}

/// The loss of an energy on the test images, of which all ranks take a share. Throws neb::Error when it is not finite.
double loss_on_test(const Program& program, const Images& images, const TrainedEnergy& energy) {
  double loss = 0;
  with_shared_energy(program, energy, [&](const TrainedEnergy& shared) { loss = test_loss(shared, images); });
  if (!neb::is_finite(loss))
    throw neb::Error("training diverged: the test loss is " + std::to_string(loss) +
                     ", and no model is written; lower --learning-rate");
  return loss;
}

/// Writes the model and the last checkpoint; false when there is no model.
template <class Phi>
bool write_result(Program& program, const Training& training, const neb::DeenTrainer<Phi, Ranks>& trainer,
                  const std::string& model, const std::function<void()>& save) {
  neb::Metadata shards;
  if (training.options.shards > 1) shards["shards"] = std::to_string(training.options.shards);
  const bool written = write_or_warn(program, "the checkpoint holds what was learned", [&] {
    neb::write_model(model, trainer.averaged(), training.options.sigma, neb::Storage::exact, shards);
  });
  if (!written) {
    save();
    program.exit_code = 1;
  } else if (!write_or_warn(program, "the model is written, but this run cannot be taken up again", save)) {
    program.exit_code = 1;
  }
  return written;
}

/// Prints what came out, and returns it for summary.json.
template <class Phi>
Summary summary_of(const Program& program, const Images& images, const Training& training,
                   const neb::DeenTrainer<Phi, Ranks>& trainer, double loss, const std::string& model) {
  const neb::TrainReport& report = trainer.report();
  const Index batch = training.options.batch;
  const double images_per_second = static_cast<double>(report.step * batch) / report.seconds;
  const double noise = noise_alone(training, trainer.phi().options.image);
  program.print("trained: %ld steps of %ld images in %.1f s, %.0f images/s, at most %.0f MB of memory\n",
                static_cast<long>(report.step), static_cast<long>(batch), report.seconds, images_per_second,
                peak_rss_mb());
  program.print("test loss: %.3f   (sum over pixels of (x - xhat)^2, mean over %ld test images; noise alone %.4g)\n",
                loss, static_cast<long>(images.test.shape()[0]), noise);
  program.print("model: %s\n", model.c_str());
  return {{"steps", report.step},
          {"seconds", report.seconds},
          {"images_per_second", images_per_second},
          {"test_loss", loss},
          {"peak_rss_mb", peak_rss_mb()},
          {"noise_alone", noise},
          {"sigma", training.options.sigma},
          {"batch", batch},
          {"weights", neb::parameter_count(trainer.phi())},
          {"model", model},
          {"model_checksum", neb::SafeTensors(model).text("checksum")}};
}

/// train() of an energy of either kind.
template <class Phi>
std::optional<Trained> train_from(Program& program, const Images& images, const Training& training, Phi phi) {
  const neb::Shape& data = images.train.shape();
  const neb::Shape image{data[1], data[2], data[3]};
  if (phi.options.image != image)
    throw UsageError("--model " + training.start + ": was trained on images of " + phi.options.image.to_string() +
                     ", those of --data are " + image.to_string() + "; choose two that fit");
  check_same(program, images);
  auto trainer =
      check_input([&] { return neb::DeenTrainer(std::move(phi), images.train, training.options, *program.ranks); });
  if (!training.resume.empty()) check_input([&] { trainer.resume(training.resume); });
  if (program.ranks->rank() > 0) {
    follow(program, trainer);
    return std::nullopt;
  }
  const std::string model = program.path("model.safetensors");
  check_input([&] {
    neb::check_writable(training.checkpoint);
    neb::check_writable(model);
  });
  if (training.resume.empty()) neb::set_aside_checkpoint(training.checkpoint);
  print_plan(program, images, training, trainer);

  const auto save = [&] { trainer.save(training.checkpoint, neb::architecture_metadata(trainer.phi().options)); };
  Wire wire(program, trainer.report().step);
  const Interrupt interrupt;  // until everything is saved: the next signal must not cut that short
  const int signal = run_steps(program, trainer, training, interrupt, save);
  wire.stop(trainer.report().step);
  if (signal != 0) {
    save();
    program.print("stopped after %ld steps; go on with\n  %s\n", static_cast<long>(trainer.report().step),
                  training.resume_command.c_str());
    program.exit_code = 128 + signal;
    return std::nullopt;
  }

  TrainedEnergy energy = averaged_energy(trainer, training.options.sigma);
  double loss = 0;
  try {
    loss = loss_on_test(program, images, energy);
  } catch (const std::bad_alloc&) {  // the test images may need more of it than a batch
    save();
    throw;
  }
  if (!write_result(program, training, trainer, model, save)) return std::nullopt;
  Summary summary = summary_of(program, images, training, trainer, loss, model);
  const Summary shared = wire.summary(training.options.shards);
  summary.insert(summary.end(), shared.begin(), shared.end());
  return Trained{std::move(energy), std::move(summary)};
}

}  // namespace

Training training_at(double sigma) {
  Training training;
  std::get<neb::ConvEnergyOptions>(training.architecture).quadratic = neb::exact_quadratic(sigma);
  training.options.sigma = sigma;
  training.options.fill = 0.1;
  return training;
}

std::string resume_command(const Program& program, const CommandLine& line, const std::string& checkpoint) {
  std::string command = "train_energy --resume " + shell_word(checkpoint) + " --out " + shell_word(program.out);
  if (line.given("data")) command += " --data " + shell_word(line.text("data"));
  return command;
}

std::optional<Trained> train(Program& program, const Images& images, const Training& training) {
  if (!training.start.empty()) {
    neb::AnyEnergy<float> start = check_input([&] { return neb::read_any_model<float>(training.start).phi; });
    return std::visit(
        [&]<class Phi>(Phi& phi) -> std::optional<Trained> {
          if constexpr (std::is_same_v<Phi, neb::MlpEnergy<float>>) {
            throw UsageError("--model " + training.start + ": is a fully connected energy, which is not trained here");
          } else {
            if (training.start_quadratic)
              phi = check_input([&] { return with_quadratic(phi, *training.start_quadratic); });
            return train_from(program, images, training, std::move(phi));
          }
        },
        start);
  }
  return std::visit(
      [&](auto architecture) {
        const neb::Shape& data = images.train.shape();
        const neb::Shape image{data[1], data[2], data[3]};
        if (!training.resume.empty() && architecture.image != image)
          throw UsageError(training.resume + ": the checkpoint is of images of " + architecture.image.to_string() +
                           ", those of --data are " + image.to_string() + "; give --data as before");
        architecture.image = image;
        const neb::Key key = neb::Key(training.options.seed).fold("weights");
        auto phi = check_input([&] { return make_energy(architecture, key, neb::mean_row(images.train)); });
        return train_from(program, images, training, std::move(phi));
      },
      training.architecture);
}

}  // namespace examples
