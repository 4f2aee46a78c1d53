/// Every public header of neb, in the order of its layers.
#pragma once

#include "neb/version.hpp"

#include "neb/core/error.hpp"
#include "neb/core/finite.hpp"
#include "neb/core/memory.hpp"
#include "neb/core/parallel.hpp"
#include "neb/core/progress.hpp"
#include "neb/core/random.hpp"
#include "neb/core/shape.hpp"
#include "neb/core/tensor.hpp"

#include "neb/kernels/conv2d/conv2d.hpp"
#include "neb/kernels/gemm.hpp"
#include "neb/kernels/pointwise.hpp"
#include "neb/kernels/reduce.hpp"

#include "neb/autodiff/check_grads.hpp"
#include "neb/autodiff/cost.hpp"
#include "neb/autodiff/finite_check.hpp"
#include "neb/autodiff/grad.hpp"
#include "neb/autodiff/graphviz.hpp"
#include "neb/autodiff/op.hpp"
#include "neb/autodiff/profile.hpp"
#include "neb/autodiff/recompute.hpp"
#include "neb/autodiff/trace.hpp"
#include "neb/autodiff/transforms.hpp"
#include "neb/autodiff/var.hpp"

#include "neb/ops/activation.hpp"
#include "neb/ops/arithmetic.hpp"
#include "neb/ops/comparison.hpp"
#include "neb/ops/conv2d.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/extrema.hpp"
#include "neb/ops/matmul.hpp"
#include "neb/ops/movement.hpp"
#include "neb/ops/pooling.hpp"
#include "neb/ops/power.hpp"
#include "neb/ops/reduction.hpp"
#include "neb/ops/reshape.hpp"
#include "neb/ops/rows.hpp"

#include "neb/nn/conv2d.hpp"
#include "neb/nn/init.hpp"
#include "neb/nn/linear.hpp"
#include "neb/nn/mlp.hpp"
#include "neb/nn/module.hpp"
#include "neb/nn/recompute.hpp"

#include "neb/optim/adam.hpp"
#include "neb/optim/ema.hpp"
#include "neb/optim/schedule.hpp"
#include "neb/optim/sgd.hpp"

#include "neb/data/digits.hpp"
#include "neb/data/idx.hpp"
#include "neb/data/sample.hpp"
#include "neb/data/toy.hpp"

#include "neb/io/checkpoint.hpp"
#include "neb/io/image.hpp"
#include "neb/io/safetensors.hpp"

#include "neb/draw/colour.hpp"
#include "neb/draw/points.hpp"
#include "neb/draw/tiles.hpp"

#include "neb/energy/conv_energy.hpp"
#include "neb/energy/energy.hpp"
#include "neb/energy/kde_energy.hpp"
#include "neb/energy/mlp_energy.hpp"
#include "neb/energy/model_file.hpp"

#include "neb/bayes/deen.hpp"
#include "neb/bayes/robbins_jump.hpp"
#include "neb/bayes/smooth.hpp"
#include "neb/bayes/sphere_overlap.hpp"

#include "neb/training/trainer.hpp"

#include "neb/sampling/langevin.hpp"
#include "neb/sampling/walk_jump.hpp"

#include "neb/flow/flow.hpp"
#include "neb/flow/gradient_flow.hpp"
