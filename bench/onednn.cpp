#include "onednn.hpp"

#if defined(NEB_BENCH_ONEDNN)

#include <dnnl.hpp>
#include <unordered_map>

namespace onednn {

namespace {

using dnnl::memory;
using Tag = memory::format_tag;

struct Layouts {
  memory::desc x, w, y;
};

Layouts layouts(const neb::kernels::Conv2dGeometry& g, Tag images) {
  const auto f32 = memory::data_type::f32;
  return {memory::desc({g.batch, g.in_channels, g.height, g.width}, f32, images),
          memory::desc({g.out_channels, g.in_channels, g.kernel_height, g.kernel_width}, f32, Tag::any),
          memory::desc({g.batch, g.out_channels, g.out_height(), g.out_width()}, f32, images)};
}

std::function<void()> convolution(const neb::kernels::Conv2dGeometry& g, int pass, Tag images) {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  static dnnl::stream stream(engine);
  const auto [x, w, y] = layouts(g, images);
  const memory::dims strides{g.stride, g.stride}, padding{g.padding, g.padding};
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, algorithm, x, w, y, strides, padding, padding}, engine);
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;
  const auto give = [&](int name, const memory::desc& layout) { arguments[name] = memory(layout, engine); };
  if (pass == 0) {
    primitive = dnnl::convolution_forward(forward);
    give(DNNL_ARG_SRC, forward.src_desc());
    give(DNNL_ARG_WEIGHTS, forward.weights_desc());
    give(DNNL_ARG_DST, forward.dst_desc());
  } else if (pass == 1) {
    const dnnl::convolution_backward_data::primitive_desc backward({algorithm, x, w, y, strides, padding, padding},
                                                                   engine, forward);
    primitive = dnnl::convolution_backward_data(backward);
    give(DNNL_ARG_DIFF_SRC, backward.diff_src_desc());
    give(DNNL_ARG_WEIGHTS, backward.weights_desc());
    give(DNNL_ARG_DIFF_DST, backward.diff_dst_desc());
  } else {
    const dnnl::convolution_backward_weights::primitive_desc backward({algorithm, x, w, y, strides, padding, padding},
                                                                      engine, forward);
    primitive = dnnl::convolution_backward_weights(backward);
    give(DNNL_ARG_SRC, backward.src_desc());
    give(DNNL_ARG_DIFF_WEIGHTS, backward.diff_weights_desc());
    give(DNNL_ARG_DIFF_DST, backward.diff_dst_desc());
  }
  for (auto& [name, array] : arguments) {
    // Numbers of ordinary size: subnormal ones would slow the rival down.
    auto* values = static_cast<float*>(array.get_data_handle());
    for (std::size_t i = 0; i < array.get_desc().get_size() / sizeof(float); ++i)
      values[i] = static_cast<float>(i % 7) * 0.25f - 0.75f;
  }
  return [primitive, arguments] {
    primitive.execute(stream, arguments);
    stream.wait();
  };
}

}  // namespace

std::vector<Rival> convolutions(const neb::kernels::Conv2dGeometry& g, int pass) {
  return {{"onednn", convolution(g, pass, Tag::any)}, {"onednn-nhwc", convolution(g, pass, Tag::nhwc)}};
}

}  // namespace onednn

#else

namespace onednn {
std::vector<Rival> convolutions(const neb::kernels::Conv2dGeometry&, int) { return {}; }
}  // namespace onednn

#endif
