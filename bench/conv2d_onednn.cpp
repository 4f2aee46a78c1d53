/// A worker (worker.hpp): passes of a convolution by oneDNN, version 2 or 3. Its layout is "any", the one that oneDNN prefers,
/// or "nhwc", with images kept channels last. The time to bring data into a layout is not counted.
#include <omp.h>

#include <dnnl.hpp>
#include <functional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "cases.hpp"
#include "worker.hpp"

namespace {

using dnnl::memory;
using Tag = memory::format_tag;

/// A primitive descriptor: oneDNN 2 makes it from an operation descriptor, which oneDNN 3 does without.
template <class Operation>
typename Operation::primitive_desc describe(const dnnl::engine& engine, const auto& given, const auto&... hint) {
  return std::apply(
      [&](const auto&... argument) {
#if DNNL_VERSION_MAJOR >= 3
        return typename Operation::primitive_desc(engine, argument..., hint...);
#else
        return typename Operation::primitive_desc(typename Operation::desc(argument...), engine, hint...);
#endif
      },
      given);
}

/// One pass, to be called again and again.
std::function<void()> pass_of(const bench::Convolution& c, const std::string& pass, Tag images) {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  static dnnl::stream stream(engine);
  const auto f32 = memory::data_type::f32;
  const long across = c.across();
  const memory::desc x({c.batch, c.in, c.size, c.size}, f32, images),
      w({c.out, c.in, c.kernel, c.kernel}, f32, Tag::any), y({c.batch, c.out, across, across}, f32, images);
  const memory::dims strides{c.stride, c.stride}, padding{c.padding, c.padding};
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const auto forward = describe<dnnl::convolution_forward>(
      engine, std::tuple(dnnl::prop_kind::forward_training, algorithm, x, w, y, strides, padding, padding));
  const auto given = std::tuple(algorithm, x, w, y, strides, padding, padding);
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;
  const auto give = [&](int name, const memory::desc& layout) { arguments[name] = memory(layout, engine); };
  if (pass == "forward") {
    primitive = dnnl::convolution_forward(forward);
    give(DNNL_ARG_SRC, forward.src_desc());
    give(DNNL_ARG_WEIGHTS, forward.weights_desc());
    give(DNNL_ARG_DST, forward.dst_desc());
  } else if (pass == "input_grad") {
    const auto backward = describe<dnnl::convolution_backward_data>(engine, given, forward);
    primitive = dnnl::convolution_backward_data(backward);
    give(DNNL_ARG_DIFF_SRC, backward.diff_src_desc());
    give(DNNL_ARG_WEIGHTS, backward.weights_desc());
    give(DNNL_ARG_DIFF_DST, backward.diff_dst_desc());
  } else {
    const auto backward = describe<dnnl::convolution_backward_weights>(engine, given, forward);
    primitive = dnnl::convolution_backward_weights(backward);
    give(DNNL_ARG_SRC, backward.src_desc());
    give(DNNL_ARG_DIFF_WEIGHTS, backward.diff_weights_desc());
    give(DNNL_ARG_DIFF_DST, backward.diff_dst_desc());
  }
  for (auto& [name, array] : arguments) {
    // Numbers of ordinary size: subnormal ones would slow oneDNN down.
    auto* values = static_cast<float*>(array.get_data_handle());
    for (std::size_t i = 0; i < array.get_desc().get_size() / sizeof(float); ++i)
      values[i] = static_cast<float>(i % 7) * 0.25f - 0.75f;
  }
  return [primitive, arguments] {
    primitive.execute(stream, arguments);
    stream.wait();
  };
}

bench::Work prepare(const bench::Arguments& arguments) {
  omp_set_num_threads(std::stoi(arguments[0]));
  const bench::Convolution c(arguments[2]);
  const Tag images = arguments[3] == "nhwc" ? Tag::nhwc : Tag::any;
  std::function<void()> call;
  if (arguments[1] == bench::six_passes) {
    std::vector<std::function<void()>> once;
    for (const std::string& pass : bench::passes) once.push_back(pass_of(c, pass, images));
    call = [once] {
      for (const auto& pass : once)
        for (int twice = 0; twice < 2; ++twice) pass();
    };
  } else {
    call = pass_of(c, arguments[1], images);
  }
  call();
  const dnnl_version_t* version = dnnl_version();
  return {"oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
              std::to_string(version->patch),
          call};
}

}  // namespace

int main(int argc, char** argv) { return bench::run_worker(argc, argv, "THREADS PASS SHAPE LAYOUT", prepare); }
