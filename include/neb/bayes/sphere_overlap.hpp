/// Overlap of the noise spheres around the data: the statistics of chi.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "neb/bayes/chi.hpp"
#include "neb/bayes/chi_summary.hpp"
#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/distributed/all_reduce.hpp"
#include "neb/distributed/rounds.hpp"
#include "neb/kernels/gemm.hpp"
#include "neb/kernels/packed_rows.hpp"
#include "neb/kernels/scratch.hpp"
#include "neb/kernels/vector_loop.hpp"

namespace neb {

namespace bayes {

template <Scalar T>
void check_images(const Tensor<T>& x) {
  if (x.rank() < 2 || x.shape()[0] < 2 || x.shape().stride(0) < 1)
    throw ShapeError("sphere_overlap: expects at least two samples (N, ...)   [x: " + x.shape().to_string() + "]");
  if (const Index at = first_not_finite(x.size(), x.data()); at < x.size())
    throw ValueError("sphere_overlap: sample " + std::to_string(at / x.shape().stride(0)) +
                     " holds a number that is not finite, " + std::to_string(x.data()[at]) +
                     "   [x: " + x.shape().to_string() + "]");
}

/// A bound of |X_i - X_j| / (2 sqrt d): the diagonal of the box that holds the data. Sets the range of histograms.
template <Scalar T>
double chi_bound(const Tensor<T>& x) {
  const Index n = x.shape()[0], d = x.shape().stride(0);
  double sum = 0;
  for (Index p = 0; p < d; ++p) {
    T low = x.data()[p], high = low;
    for (Index i = 1; i < n; ++i) {
      low = std::min(low, x.data()[i * d + p]);
      high = std::max(high, x.data()[i * d + p]);
    }
    sum += static_cast<double>(high - low) * static_cast<double>(high - low);
  }
  return std::max(1e-30, std::sqrt(sum / static_cast<double>(d)) / 2);
}

/// |X_i|^2 of each sample.
template <Scalar T>
std::vector<double> squared_norms(const Tensor<T>& x) {
  const Index n = x.shape()[0], d = x.shape().stride(0);
  std::vector<double> squares(memory_size(n));
  parallel_tiles(n, 64, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      double sum = 0;
      for (Index p = i * d; p < (i + 1) * d; ++p)
        sum += static_cast<double>(x.data()[p]) * static_cast<double>(x.data()[p]);
      squares[static_cast<std::size_t>(i)] = sum;
    }
  });
  return squares;
}

inline constexpr Index pair_block = 512;

/// products (rows, columns) of samples with others.
template <Scalar T>
void inner_products(Index rows, Index columns, Index d, const T* x, const T* others, T* products) {
  if constexpr (sizeof(T) > sizeof(double)) {
    kernels::gemm<T>(rows, columns, d, {x, d, kernels::Transpose::no}, {others, d, kernels::Transpose::yes}, products,
                     columns);
  } else {
    const kernels::Scratch<T> packed(kernels::packed_size<T>(columns, d));
    kernels::pack_rows(columns, d, others, d, packed.data());
    kernels::multiply_packed_rows(rows, columns, d, x, packed.data(), products);
  }
}

/// Adds the chi of `pair_block` samples from `first` on with as many from `second` on, each pair once; `squares` are those
/// of all samples.
template <Scalar T>
void add_block(ChiSummary& summary, const Tensor<T>& x, const std::vector<double>& squares, Index first, Index second) {
  const Index n = x.shape()[0], d = x.shape().stride(0);
  const Index rows = std::min(pair_block, n - first), columns = std::min(pair_block, n - second);
  const kernels::Scratch<T> products(rows * columns);
  inner_products(rows, columns, d, x.data() + first * d, x.data() + second * d, products.data());
  std::vector<double> row(memory_size(columns));
  const double quarter = 0.25 / static_cast<double>(d);
  const double* const others = squares.data() + second;
  for (Index i = 0; i < rows; ++i) {
    const T* const product = products.data() + i * columns;
    const double own = squares[static_cast<std::size_t>(first + i)];
    kernels::vector_loop(columns, [&, out = row.data()](Index j) {
      const double both = own + others[j], squared = both - 2 * static_cast<double>(product[j]);
      // |a|^2 + |b|^2 - 2 ab cancels for near duplicates: those few are marked, and computed directly.
      out[j] = squared < 1e-2 * both ? -1 : std::sqrt(squared * quarter);
    });
    for (Index j = second == first ? i + 1 : 0; j < columns; ++j) {
      const double value = row[static_cast<std::size_t>(j)];
      summary.add(value >= 0 ? value : chi(d, x.data() + (first + i) * d, x.data() + (second + j) * d));
    }
  }
}

/// What measure(piece, an empty summary) finds in pieces 0 to count - 1, each on one rank, until go_on(pieces) is false.
template <Scalar T, class Measure, AllReduce Ranks, class GoOn>
SphereOverlap summarise(const Tensor<T>& x, Index count, const Measure& measure, Ranks& ranks, const GoOn& go_on) {
  const ChiSummary empty(chi_bound(x) / (ChiSummary::bins - 1));
  ChiSummary total = empty;
  // Sums are not associative: those of all pieces are kept, to be added up in order.
  std::vector<double> sums(memory_size(count));
  const auto work = [&](Index piece) {
    ChiSummary summary = empty;
    measure(piece, summary);
    sums[static_cast<std::size_t>(piece)] = summary.sum();
    total.add(summary);
  };
  work_in_rounds(count, ranks, work, go_on);
  fill_in(std::span(sums), ranks);
  total.combine(sums, ranks);
  return total.result(x.shape()[0]);
}

}  // namespace bayes

/// Chi of `pairs` pairs of different samples of x: (N, ...), drawn with `key`. The ranks share the pairs, and all have the result,
/// the same bits for any number of them. Calls `on_progress` on rank 0 now and then, with the number of pairs measured, and
/// returns what these give when it returns false. Throws ShapeError for fewer than two samples, ValueError for no pairs and for
/// numbers that are not finite.
template <Scalar T, AllReduce Ranks = OneProcess>
SphereOverlap sphere_overlap(const Tensor<T>& x, Index pairs, const Key& key, const OnProgress& on_progress = {},
                             Ranks& ranks = one_process) {
  bayes::check_images(x);
  if (pairs < 1) throw ValueError("sphere_overlap: expects at least one pair, got " + std::to_string(pairs));
  const Index n = x.shape()[0], d = x.shape().stride(0);
  const Key draws = key.fold("sphere_overlap");
  constexpr Index chunk = 1 << 19;
  const auto measure = [&](Index piece, bayes::ChiSummary& summary) {
    std::vector<double> values(memory_size(std::min(chunk, pairs - piece * chunk)));
    parallel_tiles(std::ssize(values), 1024, [&](Index begin, Index end) {
      for (Index k = begin; k < end; ++k) {
        const Index draw = 2 * (piece * chunk + k);
        const Index i = random_index(n, draws, draw), other = random_index(n - 1, draws, draw + 1);
        const Index j = other + (other >= i ? 1 : 0);  // any but i, evenly
        values[static_cast<std::size_t>(k)] = chi(d, x.data() + i * d, x.data() + j * d);
      }
    });
    for (const double value : values) summary.add(value);
  };
  return bayes::summarise(x, tile_count(pairs, chunk), measure, ranks, [&](Index pieces) {
    const Index measured = std::min(pairs, pieces * chunk);
    return !on_progress || on_progress({static_cast<double>(measured) / static_cast<double>(pairs), measured});
  });
}

/// Chi of all pairs of samples of x: (N, ...), by one blocked matrix product, with the same ranks and `on_progress`; what it
/// returns when that returns false is of all pairs that hold one of the first samples. Throws ShapeError for fewer than two
/// samples, ValueError for numbers that are not finite.
template <Scalar T, AllReduce Ranks = OneProcess>
SphereOverlap sphere_overlap(const Tensor<T>& x, const OnProgress& on_progress = {}, Ranks& ranks = one_process) {
  bayes::check_images(x);
  const Index n = x.shape()[0], pairs = n * (n - 1) / 2, blocks = tile_count(n, bayes::pair_block);
  const std::vector<double> squares = bayes::squared_norms(x);
  const auto measure = [&](Index row, bayes::ChiSummary& summary) {
    // A row of blocks in parallel, in shares with a histogram each, summarised in order.
    const Index shares = std::min<Index>(blocks - row, 16);
    std::vector<bayes::ChiSummary> partial(memory_size(shares), summary);
    parallel_tasks(shares, [&](Index share) {
      for (Index column = row + share; column < blocks; column += shares)
        bayes::add_block(partial[static_cast<std::size_t>(share)], x, squares, row * bayes::pair_block,
                         column * bayes::pair_block);
    });
    for (const bayes::ChiSummary& of_share : partial) summary.add(of_share);
  };
  return bayes::summarise(x, blocks, measure, ranks, [&](Index rows) {
    const Index last = std::min(n, rows * bayes::pair_block), measured = last * (2 * n - last - 1) / 2;
    return !on_progress || on_progress({static_cast<double>(measured) / static_cast<double>(pairs), measured});
  });
}

}  // namespace neb
