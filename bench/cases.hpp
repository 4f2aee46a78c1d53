/// What is measured: networks and convolutions, as the workers take them.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "worker.hpp"

namespace bench {

/// An energy of images of 28 x 28 with a bottleneck of 10.
struct Network {
  std::string name, channels, kernel, stride, padding, batch;

  std::string text() const {
    return channels + ", kernel " + kernel + ", stride " + stride + ", padding " + padding + ", batch " + batch;
  }
};

inline const std::vector<Network> networks = {
    {"wide", "256,512,1024", "3", "1", "0", "8"},
    {"narrow", "32,64,128", "3", "1", "0", "32"},
    {"small", "16,32,64", "3", "1", "0", "16"},
    {"quickstart", "32,64,128", "7", "2", "3", "32"},
    {"shipped", "32,64,128,256", "3", "1,2,2,2", "1", "16"},
    {"deep", "64,64,64,64,64", "3", "1,2,1,1,1", "1", "16"},
};

/// A training step, the energy with its gradient, and a walk.
inline const std::vector<std::string> works = {"deen_step", "score", "walk"};
inline const std::string chains = "10";  ///< of a walk

/// The command of a worker that does a work on a network; `steps` are those of one call of a walk, `variant` is a precision of
/// neb (accurate or fast) or a layout of PyTorch (contiguous or channels_last).
inline Arguments network_command(const std::string& worker, const std::string& threads, const std::string& work,
                                 const Network& network, long steps, const std::string& variant) {
  return {worker,
          threads,
          work,
          network.channels,
          network.kernel,
          network.stride,
          network.padding,
          work == "walk" ? chains : network.batch,
          std::to_string(steps),
          variant};
}

/// N,size,in,out,kernel[,stride,padding], each pass of it a row.
inline const std::vector<std::string> convolutions = {
    "8,26,256,512,3",     "8,24,512,1024,3", "64,26,32,64,3",     "64,24,64,128,3",
    "32,28,64,64,3",      "1,24,64,128,3",   "16,28,1,32,3",      "32,28,32,64,5,1,2",
    "16,28,64,128,4,2,1", "32,28,64,128,1",  "32,14,32,64,7,2,3", "16,28,32,64,3,2,1",
};
inline const std::vector<std::string> passes = {"forward", "input_grad", "filter_grad"};

/// The six passes of a layer in a training step together.
inline const std::vector<std::string> layers = {"8,26,256,512,3", "8,24,512,1024,3", "32,26,32,64,3", "32,24,64,128,3"};
inline const std::string six_passes = "six_passes";

/// A chain of small operations, and how often it is differentiated.
inline constexpr int chain_operations = 2000;
inline const std::vector<std::string> orders = {"forward", "grad", "grad_of_grad"};

/// The place of a name in `orders`. Throws std::invalid_argument.
inline int order_of(const std::string& name) {
  for (std::size_t order = 0; order < orders.size(); ++order)
    if (orders[order] == name) return static_cast<int>(order);
  throw std::invalid_argument("the orders are forward, grad and grad_of_grad, not '" + name + "'");
}

/// A shape N,size,in,out,kernel[,stride,padding] as numbers. Throws std::invalid_argument when it is none.
struct Convolution {
  long batch, size, in, out, kernel, stride, padding;

  explicit Convolution(const std::string& shape) {
    std::vector<long> n = numbers(shape);
    if (n.size() == 5) n.insert(n.end(), {1, 0});
    if (n.size() != 7) throw std::invalid_argument("a shape is N,size,in,out,kernel[,stride,padding], not " + shape);
    batch = n[0], size = n[1], in = n[2], out = n[3], kernel = n[4], stride = n[5], padding = n[6];
  }

  /// Height and width of what it makes.
  long across() const { return (size + 2 * padding - kernel) / stride + 1; }

  /// Multiplications and additions of a pass, or of all six, as written down, in units of 10^9.
  double gflop(const std::string& pass) const {
    return (pass == six_passes ? 6 : 1) * 2e-9 *
           static_cast<double>(batch * across() * across() * out * kernel * kernel * in);
  }
};

}  // namespace bench
