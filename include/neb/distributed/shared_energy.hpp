/// An energy whose rows are shared by all ranks: the first one walks, flows and jumps as if it were alone, the others answer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "neb/autodiff/op.hpp"
#include "neb/autodiff/var.hpp"
#include "neb/core/error.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"
#include "neb/distributed/all_reduce.hpp"
#include "neb/energy/energy.hpp"

namespace neb {

namespace distributed {

/// g_n times row n of the gradient: the derivative of shared energies, which has none itself.
template <Scalar T>
struct SharedSlope {
  static constexpr const char* name = "shared_slope";
  Tensor<T> gradient;  // of phi at y, of y's shape

  Tensor<T> forward(const Tensor<T>& g, const Tensor<T>& y) const {
    Tensor<T> slope(y.shape());
    const Index d = y.shape().stride(0);
    for (Index row = 0; row < y.shape()[0]; ++row)
      for (Index i = row * d; i < (row + 1) * d; ++i) slope.mutable_data()[i] = g.data()[row] * gradient.data()[i];
    return slope;
  }
  Var<T> vjp(Index, const Var<T>&, const Var<T>&, const Var<T>&) const {
    throw Error(
        "SharedEnergy: has values and gradients, and no derivative beyond these; differentiate the energy itself");
  }
};

/// The energies of y, which the ranks have computed together with their gradients.
template <Scalar T>
struct SharedValues {
  static constexpr const char* name = "shared_energy";
  Tensor<T> energy, gradient;

  Tensor<T> forward(const Tensor<T>&) const { return energy; }
  Var<T> vjp(Index, const Var<T>& g, const Var<T>& y) const { return apply(SharedSlope<T>{gradient}, g, y); }
};

}  // namespace distributed

/// phi with the rows of a batch shared by all ranks. Every rank makes one of an equal phi; then rank 0 calls it as any energy, for
/// values and gradients but no derivatives beyond, while the others are in answer(), until rank 0 calls dismiss(). A row has the
/// bits that phi gives it in one process, so whatever is computed from the rows has, too.
template <Scalar T, Energy<T> Phi, AllReduce Ranks>
class SharedEnergy {
 public:
  /// The ranks must outlive it.
  SharedEnergy(Phi phi, Ranks& ranks) : phi_(std::move(phi)), ranks_(&ranks) {}

  /// y: (N, ...) -> (N). On rank 0 only. Throws ShapeError when y is no batch.
  Var<T> operator()(const Var<T>& y) const {
    if (ranks_->count() == 1) return phi_(y);
    if (y.rank() < 1) throw ShapeError("SharedEnergy: y is a batch (N, ...)   [y: " + y.shape().to_string() + "]");
    Question question{y.tracked() ? with_gradient : values_only, y.rank()};
    std::copy(y.shape().begin(), y.shape().end(), question.begin() + 2);
    send(question);
    return apply(compute(y.shape(), y.tracked(), &y.value()), y);
  }

  /// Answers rank 0 until it has no more questions. On all ranks but rank 0.
  void answer() const {
    for (;;) {
      Question question{};
      send(question);
      if (question[0] == no_more) return;
      const std::span extents(question.begin() + 2, static_cast<std::size_t>(question[1]));
      compute(Shape(std::span<const Index>(extents)), question[0] == with_gradient, nullptr);
    }
  }

  /// Tells the others that there are no more questions. On rank 0 only.
  void dismiss() const {
    Question question{no_more};
    if (ranks_->count() > 1) send(question);
  }

 private:
  using Question = std::array<Index, 2 + Shape::max_rank>;  // what is asked, and the rank and extents of y
  enum : Index { no_more, values_only, with_gradient };

  void send(Question& question) const { ranks_->broadcast(std::as_writable_bytes(std::span(question))); }

  /// What every rank does about a question: its rows of y come, their energies and gradients go. Returns all of them on rank 0.
  distributed::SharedValues<T> compute(const Shape& shape, bool gradient, const Tensor<T>* y) const {
    const Index row = shape.stride(0), rows = share_of(shape[0], ranks_->count(), ranks_->rank()).size();
    distributed::SharedValues<T> own{Tensor<T>({rows}), Tensor<T>(shape.with(0, rows))}, all;
    Tensor<T> mine(shape.with(0, rows));
    ranks_->scatter(y != nullptr ? std::as_bytes(y->span()) : std::span<const std::byte>(), pieces(shape[0], row),
                    std::as_writable_bytes(mine.mutable_span()));
    // A rank may have no rows, and an energy need not take a batch of none.
    if (rows > 0 && gradient) {
      const EnergyGradient<T> here = energy_and_gradient(phi_, Var<T>(std::move(mine)));
      own = {here.energy.value(), here.gradient.value()};
    } else if (rows > 0) {
      own.energy = energies(phi_, Var<T>::constant(std::move(mine))).value();
    }
    if (y != nullptr) all = {Tensor<T>({shape[0]}), Tensor<T>(gradient ? shape : Shape{0})};
    ranks_->gather(std::as_bytes(own.energy.span()), pieces(shape[0], 1),
                   std::as_writable_bytes(all.energy.mutable_span()));
    if (gradient)
      ranks_->gather(std::as_bytes(own.gradient.span()), pieces(shape[0], row),
                     std::as_writable_bytes(all.gradient.mutable_span()));
    return all;
  }

  /// The bytes that each rank has of `rows` rows of `row` numbers.
  std::vector<std::size_t> pieces(Index rows, Index row) const {
    std::vector<std::size_t> sizes;
    for (Index rank = 0; rank < ranks_->count(); ++rank)
      sizes.push_back(static_cast<std::size_t>(share_of(rows, ranks_->count(), rank).size() * row) * sizeof(T));
    return sizes;
  }

  Phi phi_;
  Ranks* ranks_;
};

}  // namespace neb
