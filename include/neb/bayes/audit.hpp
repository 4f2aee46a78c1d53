/// Whether a trained energy is minus the logarithm of the density of the noisy data: what can be known of it without and with
/// clean data.
///
/// Write g = grad phi, H for the Hessian, and g* for the gradient of the optimal energy, -log f. Integration by parts over f gives
/// E tr H = E g.g* for ANY smooth phi, and two consequences:
///
/// - The slope a = E tr H / E |g|^2 is E g.g* / E |g|^2, the factor by which g should be multiplied: 1 at the optimum, where it is
///   the identity E tr H = E |g|^2 of Fisher's information. It tests the energy, and needs no clean data.
/// - SURE = d s^2 + s^4 E[|g|^2 - 2 tr H] is the loss E |x - xhat|^2 (Stein 1981). It tests the code of g and H and the noise of
///   the data, and never the energy: it holds for wrong ones as well.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "neb/bayes/posterior_covariance.hpp"
#include "neb/bayes/radial_profile.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/distributed/all_reduce.hpp"
#include "neb/distributed/rounds.hpp"
#include "neb/energy/energy.hpp"

namespace neb {

/// A mean over independent samples.
struct SampleMean {
  double value = 0;  ///< the mean
  double error = 0;  ///< its standard error
};

/// A tenth of the samples, by the error that C predicts of their jumps.
struct Decile {
  double predicted = 0;  ///< the mean of tr C, by other probes than those that the samples were sorted by
  SampleMean error{};    ///< |x - xhat|^2
};

/// What clean data add.
struct CleanAudit {
  SampleMean loss{};              ///< |x - xhat|^2
  SampleMean sure_minus_loss{};   ///< of pairs: 0 for any smooth phi
  SampleMean noise{};             ///< the standard deviation of y - x, all elements together
  std::vector<Decile> deciles{};  ///< ten, or none for fewer than 20 samples; what C predicts rises
  RadialProfile profile{};        ///< around the first samples, at r = 0, 0.25, 0.5, 0.75 and 1
};

/// What audit() measured.
struct Audit {
  double sigma = 0;      ///< the noise level that is claimed
  Index samples = 0;     ///< noisy samples that were looked at
  Index dimensions = 0;  ///< numbers of a sample
  SampleMean slope{};    ///< E tr H / E |g|^2, by the delta method
  SampleMean sure{};     ///< the loss, without clean data
  SampleMean trace{};    ///< tr C = sigma^2 (d - sigma^2 tr H): what the energy says that the loss is
  double square = 0;     ///< E |sigma^2 g|^2: how far jumps go
  /// The eigenvalues of sigma^2 H at the first samples, smallest first: (M, d). At the optimum none exceeds 1.
  Tensor<double> spectra = Tensor<double>::zeros({0, 0});
  double share_above_one = 0;         ///< of these eigenvalues
  double positive_trace = 0;          ///< the sum of the positive eigenvalues of C, averaged over spectra
  double negative_trace = 0;          ///< the same of the negative ones, below zero or 0
  std::optional<CleanAudit> clean{};  ///< where clean data were given
};

/// How thorough an audit is.
struct AuditOptions {
  Index probes = 4;      ///< random vectors for tr H of a sample (Hutchinson 1990), an even number
  Index spectra = 20;    ///< samples whose spectrum is computed whole, by d products each
  Index profiled = 100;  ///< clean samples around which the profile is measured
  Index batch = 50;      ///< samples at a time
};

namespace bayes {

/// The mean of numbers, and its standard error.
inline SampleMean mean_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  for (const double value : values) squares += (value - sum / n) * (value - sum / n);
  return {sum / n, n > 1 ? std::sqrt(squares / (n - 1) / n) : 0};
}

/// Signs of equal probability, of `shape` (N, ...), for samples from number `first` on: a sample's do not depend on the batch.
inline Tensor<double> random_signs(const Shape& shape, Index first, const Key& key) {
  Tensor<double> signs(shape);
  const Index d = shape.stride(0);
  double* out = signs.mutable_data();
  for (Index row = 0; row < shape[0]; ++row)
    for (Index i = 0; i < d; i += 128) {
      const auto words = key.bits(static_cast<std::uint32_t>(first + row), static_cast<std::uint32_t>(i / 128));
      for (Index k = 0; k < std::min<Index>(128, d - i); ++k)
        *out++ = (words[static_cast<std::size_t>(k / 32)] >> (k % 32)) % 2 == 0 ? 1 : -1;
    }
  return signs;
}

/// What is measured of each sample.
struct AuditSamples {
  std::vector<double> square;          // |g|^2
  std::vector<double> trace;           // tr H by all probes
  std::vector<double> half_traces[2];  // by the first half of them, and by the others
  std::vector<double> loss, noise;     // |x - xhat|^2 and |y - x|^2, with clean data

  AuditSamples(Index n, bool clean)
      : square(memory_size(n)),
        trace(square),
        half_traces{square, square},
        loss(clean ? square : std::vector<double>()),
        noise(loss) {}

  /// Calls f with each list of numbers.
  void visit(auto&& f) {
    for (std::vector<double>* list : {&square, &trace, &half_traces[0], &half_traces[1], &loss, &noise}) f(*list);
  }

  /// Measures samples from number `first` on, whose covariances are c.
  template <class T>
  void add(const PosteriorCovariance<T>& c, Index first, Index probes, const Key& key) {
    const Index n = c.shape()[0], d = c.shape().stride(0);
    std::vector<double> sums[2] = {std::vector<double>(memory_size(n)), std::vector<double>(memory_size(n))};
    for (Index probe = 0; probe < probes; ++probe) {
      const Tensor<double> v = random_signs(c.shape(), first, key.at(static_cast<std::uint64_t>(probe)));
      const Tensor<double> hv = c.hessian_times(v);
      for (Index row = 0; row < n; ++row)
        sums[probe % 2][static_cast<std::size_t>(row)] += inner_product(d, v.data() + row * d, hv.data() + row * d);
    }
    for (Index row = 0; row < n; ++row) {
      const double* const g = c.gradient().data() + row * d;
      const double a = sums[0][static_cast<std::size_t>(row)], b = sums[1][static_cast<std::size_t>(row)];
      const auto i = static_cast<std::size_t>(first + row);
      square[i] = inner_product(d, g, g);
      trace[i] = (a + b) / static_cast<double>(probes);
      half_traces[0][i] = 2 * a / static_cast<double>(probes);
      half_traces[1][i] = 2 * b / static_cast<double>(probes);
      if (!is_finite(square[i]) || !is_finite(trace[i]))
        throw ValueError("audit: the energy's gradient or Hessian is not finite at sample " +
                         std::to_string(first + row));
    }
  }

  template <class T>
  void add_clean(const PosteriorCovariance<T>& c, Index first, const Tensor<double>& x, const Tensor<double>& y) {
    const Tensor<double> xhat = c.xhat();
    const Index d = c.shape().stride(0);
    for (Index row = 0; row < c.shape()[0]; ++row) {
      double error = 0, distance = 0;
      for (Index i = row * d; i < (row + 1) * d; ++i) {
        error += std::pow(x.data()[i] - xhat.data()[i], 2);
        distance += std::pow(y.data()[i] - x.data()[i], 2);
      }
      loss[static_cast<std::size_t>(first + row)] = error;
      noise[static_cast<std::size_t>(first + row)] = distance;
    }
  }
};

/// The positions of values from the largest to the smallest.
inline std::vector<std::size_t> descending(const std::vector<double>& values) {
  std::vector<std::pair<double, std::size_t>> sorted;
  for (std::size_t i = 0; i < values.size(); ++i) sorted.emplace_back(-values[i], i);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::size_t> order;
  for (const auto& [value, i] : sorted) order.push_back(i);
  return order;
}

inline void summarise(Audit& audit, const AuditSamples& samples) {
  const double s2 = audit.sigma * audit.sigma, noise = static_cast<double>(audit.dimensions) * s2;
  audit.samples = std::ssize(samples.square);
  const double square = mean_of(samples.square).value;
  audit.square = s2 * s2 * square;
  audit.slope.value = mean_of(samples.trace).value / square;
  std::vector<double> slope, sure, trace;
  for (std::size_t i = 0; i < samples.square.size(); ++i) {
    slope.push_back((samples.trace[i] - audit.slope.value * samples.square[i]) / square);
    sure.push_back(noise + s2 * s2 * (samples.square[i] - 2 * samples.trace[i]));
    trace.push_back(noise - s2 * s2 * samples.trace[i]);
  }
  audit.slope.error = mean_of(slope).error;
  audit.sure = mean_of(sure);
  audit.trace = mean_of(trace);
  if (samples.loss.empty()) return;
  CleanAudit& clean = audit.clean.emplace();
  clean.loss = mean_of(samples.loss);
  for (std::size_t i = 0; i < sure.size(); ++i) sure[i] -= samples.loss[i];
  clean.sure_minus_loss = mean_of(sure);
  const SampleMean distance = mean_of(samples.noise);
  clean.noise.value = std::sqrt(distance.value / static_cast<double>(audit.dimensions));
  clean.noise.error = distance.value > 0 ? clean.noise.value * distance.error / (2 * distance.value) : 0;
  if (audit.samples < 20) return;
  // Sorted by some probes and averaged over others: an estimate that is small by chance is sorted low, but not averaged low.
  const std::vector<std::size_t> order = descending(samples.half_traces[0]);  // of tr H, so ascending in tr C
  for (Index tenth = 0; tenth < 10; ++tenth) {
    std::vector<double> predicted, error;
    for (Index k = tenth * audit.samples / 10; k < (tenth + 1) * audit.samples / 10; ++k) {
      const std::size_t i = order[static_cast<std::size_t>(k)];
      predicted.push_back(noise - s2 * s2 * samples.half_traces[1][i]);
      error.push_back(samples.loss[i]);
    }
    clean.deciles.push_back({mean_of(predicted).value, mean_of(error)});
  }
}

/// Fills in what is known of the spectra in `values`, (M, d), which are those of C.
inline void summarise_spectra(Audit& audit, Tensor<double> values) {
  const double s2 = audit.sigma * audit.sigma, points = static_cast<double>(values.shape()[0]);
  Index above = 0;
  for (double& value : values.mutable_span()) {
    (value < 0 ? audit.negative_trace : audit.positive_trace) += value / points;
    above += value < 0 ? 1 : 0;
    value = 1 - value / s2;
  }
  audit.share_above_one = static_cast<double>(above) / static_cast<double>(values.size());
  audit.spectra = std::move(values);
}

template <class Phi, AllReduce Ranks>
Audit audit_samples(const Phi& phi, const Tensor<double>* x, const Tensor<double>& y, double sigma, const Key& key,
                    const AuditOptions& options, const OnProgress& on_progress, Ranks& ranks) {
  check_sigma("audit", sigma);
  if (y.rank() < 2 || y.shape()[0] < 2 || y.size() == 0)
    throw ShapeError("audit: expects at least two noisy samples (N, ...)   [y: " + y.shape().to_string() + "]");
  if (x != nullptr && x->shape() != y.shape())
    throw ShapeError("audit: x and y have one shape   [x: " + x->shape().to_string() + ", y: " + y.shape().to_string() +
                     "]");
  if (options.probes < 2 || options.probes % 2 != 0)
    throw ValueError("audit: probes is an even number of at least 2, got " + std::to_string(options.probes));
  if (options.batch < 1) throw ValueError("audit: batch is at least 1, got " + std::to_string(options.batch));
  const Index n = y.shape()[0], d = y.shape().stride(0), spectra = std::clamp<Index>(options.spectra, 0, n);
  const Index work = n * (options.probes + 2) + spectra * d;
  const auto go_on = [&](Index done) {
    return !on_progress || on_progress({static_cast<double>(done) / static_cast<double>(work), done}) || done == work;
  };
  Audit audit{.sigma = sigma, .dimensions = d};
  AuditSamples samples(n, x != nullptr);
  const auto measure = [&](Index batch) {
    const Index begin = batch * options.batch, end = std::min(begin + options.batch, n);
    const Tensor<double> noisy = y.rows(begin, end);
    const PosteriorCovariance c(phi, noisy, sigma);
    samples.add(c, begin, options.probes, key.fold("audit"));
    if (x != nullptr) samples.add_clean(c, begin, x->rows(begin, end), noisy);
  };
  const Index batches = work_in_rounds(tile_count(n, options.batch), ranks, measure, [&](Index done) {
    return go_on(std::min(n, done * options.batch) * (options.probes + 2));
  });
  const Index seen = std::min(n, batches * options.batch);
  samples.visit([&](std::vector<double>& list) {
    fill_in(std::span(list), ranks);
    if (!list.empty()) list.resize(static_cast<std::size_t>(seen));
  });
  summarise(audit, samples);

  constexpr Index matrices = 10;  // of 784 x 784 numbers: 49 MB
  std::vector<double> eigenvalues_of_c(memory_size(spectra * d));
  Index groups = 0;
  if (seen == n) {
    const auto decompose = [&](Index group) {
      const Index begin = group * matrices, end = std::min(begin + matrices, spectra);
      const Tensor<double> values = eigenvalues(PosteriorCovariance(phi, y.rows(begin, end), sigma));
      std::copy(values.span().begin(), values.span().end(), eigenvalues_of_c.begin() + begin * d);
    };
    groups = work_in_rounds(tile_count(spectra, matrices), ranks, decompose, [&](Index done) {
      return go_on(n * (options.probes + 2) + std::min(spectra, done * matrices) * d);
    });
    fill_in(std::span(eigenvalues_of_c), ranks);
  }
  const Index decomposed = std::min(spectra, groups * matrices);
  eigenvalues_of_c.resize(static_cast<std::size_t>(decomposed * d));
  if (decomposed > 0) summarise_spectra(audit, Tensor<double>({decomposed, d}, eigenvalues_of_c));
  if (seen == n && decomposed == spectra && x != nullptr && options.profiled > 0)
    audit.clean->profile = radial_profile(phi, x->rows(0, std::min(options.profiled, n)), sigma,
                                          {0, 0.25, 0.5, 0.75, 1}, key, options.batch);
  return audit;
}

}  // namespace bayes

/// Audits phi as the energy of noisy samples y: (N, ...) of noise level sigma, with probes that `key` fixes. Calls `on_progress`
/// now and then, with the products of Hessians and vectors so far; when that returns false, the audit is of the samples seen.
/// The ranks share the samples, and all have the result, the same bits for any number of them; rank 0 alone calls `on_progress`.
/// Throws ShapeError for fewer than two samples, ValueError when sigma is not positive, a derivative is not finite, or options are
/// out of range.
template <Energy<double> Phi, AllReduce Ranks = OneProcess>
Audit audit(const Phi& phi, const Tensor<double>& y, double sigma, const Key& key, const AuditOptions& options = {},
            const OnProgress& on_progress = {}, Ranks& ranks = one_process) {
  return bayes::audit_samples(phi, nullptr, y, sigma, key, options, on_progress, ranks);
}

/// The same with the clean samples x that y = x + sigma e were made of, one shape: what they add is in Audit::clean.
template <Energy<double> Phi, AllReduce Ranks = OneProcess>
Audit audit(const Phi& phi, const Tensor<double>& x, const Tensor<double>& y, double sigma, const Key& key,
            const AuditOptions& options = {}, const OnProgress& on_progress = {}, Ranks& ranks = one_process) {
  return bayes::audit_samples(phi, &x, y, sigma, key, options, on_progress, ranks);
}

}  // namespace neb
