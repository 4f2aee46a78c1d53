#include "neb/energy/model_file.hpp"

#include <doctest/doctest.h>

#include "io/scratch.hpp"
#include "member_count.hpp"
#include "neb/energy/any_energy.hpp"
#include "nn/support.hpp"

using namespace neb;
using neb::test::file_error_of;
using neb::test::same_parameters;
using neb::test::Scratch;

namespace {

const ConvEnergyOptions small{.image = {7, 8, 2},
                              .channels = {3, 4},
                              .kernel = 2,
                              .stride = {2},
                              .padding = 1,
                              .bottleneck = 5,
                              .readout = {6, 2},
                              .beta = 1.25};

void change(Index& field) { ++field; }
void change(double& field) { field += 0.1; }
void change(std::vector<Index>& field) { field.push_back(9); }
void change(Shape& field) { field = field.with(1, 11); }

/// What write_model() writes for `small`, to be damaged.
struct Content {
  TensorMap tensors;
  Metadata metadata = architecture_metadata(small);

  Content() {
    for (auto& [name, tensor] : state(ConvEnergy<float>(small, Key(1)))) tensors.emplace(name, tensor);
    metadata["format"] = "neb.model";
    metadata["sigma"] = "0.3";
  }
};

/// The message for a damaged model, without its path; it must have held no more memory than `limit`.
template <class Damage>
std::string error_of(Damage&& damage, std::size_t limit = 1 << 16) {
  const Scratch scratch;
  Content content;
  damage(content);
  const std::string path = scratch.path("model");
  write_safetensors(path, content.tensors, content.metadata);
  std::string message;
  const std::size_t bytes =
      test::tensor_bytes_of([&] { message = file_error_of([&] { read_model<ConvEnergy<float>>(path); }); });
  CHECK(bytes <= limit);
  CHECK(message.rfind(path + ": ", 0) == 0);
  return test::without(message, path + ": ");
}

std::string metadata_error(const std::string& key, const std::string& value) {
  return error_of([&](Content& content) { content.metadata[key] = value; });
}

}  // namespace

TEST_CASE_TEMPLATE("model file: what is written is read back to the last bit", T, float, double) {
  const Scratch scratch;
  const ConvEnergy<T> phi(small, Key(3));
  write_model(scratch.path("model"), phi, 0.1);  // 0.1 is no binary fraction
  const auto model = read_model<ConvEnergy<T>>(scratch.path("model"));
  CHECK(same_parameters(model.phi, phi));
  CHECK(model.sigma == 0.1);
  CHECK(model.phi.options == small);

  const auto y = Var<T>::constant(random_normal<T>({2, 7, 8, 2}, Key(4)));
  CHECK(test::same_bits(model.phi(y).value(), phi(y).value()));
  CHECK(scratch.file_count() == 1);
}

TEST_CASE("model file: an architecture is these words, in models that were written once and for all") {
  CHECK(architecture_metadata(small) == Metadata{{"energy", "conv"},
                                                 {"image", "7,8,2"},
                                                 {"channels", "3,4"},
                                                 {"kernel", "2"},
                                                 {"stride", "2"},
                                                 {"padding", "1"},
                                                 {"bottleneck", "5"},
                                                 {"readout", "6,2"},
                                                 {"beta", "1.25"}});
}

TEST_CASE_TEMPLATE("model file: every field of an architecture is written, read and compared", Options,
                   ConvEnergyOptions, MlpEnergyOptions, ConvexEnergyOptions) {
  CHECK(test::visited_count<Options>() == test::member_count<Options>());
  const Scratch scratch;
  const Options before;
  Options::visit(before, [&](const std::string& name, const auto&) {
    CAPTURE(name);
    Options changed = before;
    Options::visit(changed, [&](const std::string& other, auto& field) {
      if (other == name) change(field);
    });
    CHECK_FALSE(changed == before);
    write_safetensors(scratch.path("file"), {}, architecture_metadata(changed));
    CHECK(read_architecture<Options>(SafeTensors(scratch.path("file"))) == changed);
  });
}

TEST_CASE_TEMPLATE("model file: the shapes that an architecture needs are those of the energy it makes", Phi,
                   ConvEnergy<float>, MlpEnergy<float>, ConvexEnergy<float>) {
  auto options = decltype(Phi::options){};
  if constexpr (std::is_same_v<Phi, ConvEnergy<float>>) options = small;
  for (const double quadratic : {0.0, 2.0}) {
    if (quadratic == 0 && std::is_same_v<Phi, ConvexEnergy<float>>) continue;
    options.quadratic = quadratic;
    const Phi phi(options, Key(1));
    std::vector<std::pair<std::string, Shape>> made, told;
    visit_parameters(phi, [&](const std::string& name, const auto& v) { made.emplace_back(name, v.shape()); });
    visit_buffers(phi, [&](const std::string& name, const auto& tensor) { made.emplace_back(name, tensor.shape()); });
    options.visit_shapes([&](const std::string& name, const Shape& shape) { told.emplace_back(name, shape); });
    CHECK(made == told);
    CHECK((quadratic == 0 || phi.centre.shape() == options.sample()));
  }
}

TEST_CASE("model file: a fully connected energy is stored with its options and its centre") {
  const Scratch scratch;
  const MlpEnergy<float> phi({.widths = {6, 5, 4}, .beta = 1.25, .quadratic = exact_quadratic(0.3)}, Key(3),
                             random_uniform<float>({6}, Key(4)));
  write_model(scratch.path("model"), phi, 0.3);
  const auto model = read_model<MlpEnergy<float>>(scratch.path("model"));
  CHECK(same_parameters(model.phi, phi));
  CHECK(test::same_bits(model.phi.centre, phi.centre));
  CHECK(model.phi.options == phi.options);
  const auto y = Var<float>::constant(random_normal<float>({2, 6}, Key(5)));
  CHECK(test::same_bits(model.phi(y).value(), phi(y).value()));
  CHECK(architecture_metadata(phi.options) ==
        Metadata{
            {"energy", "mlp"}, {"widths", "6,5,4"}, {"beta", "1.25"}, {"quadratic", number_text(0.5 / (0.3 * 0.3))}});
}

TEST_CASE("model file: damaged fully connected energies are refused, and allocate nothing") {
  const Scratch scratch;
  const MlpEnergy<float> phi({.widths = {6, 5}}, Key(3));
  const auto error = [&](const std::string& key, const std::string& value) {
    TensorMap tensors;
    for (auto& [name, tensor] : state(phi)) tensors.emplace(name, tensor);
    Metadata metadata = architecture_metadata(phi.options);
    metadata["format"] = "neb.model";
    metadata["sigma"] = "0.3";
    metadata[key] = value;
    write_safetensors(scratch.path("model"), tensors, metadata);
    std::string message;
    const std::size_t bytes = test::tensor_bytes_of(
        [&] { message = file_error_of([&] { read_model<MlpEnergy<float>>(scratch.path("model")); }); });
    CHECK(bytes <= 1 << 12);
    return test::without(message, scratch.path("model") + ": ");
  };
  const std::string needs = "the architecture needs a tensor ";
  CHECK(error("widths", "6,16777216") == needs + "\"network.layers.0.weight\" of shape (6, 16777216)");
  CHECK(error("widths", "6,5,5") == needs + "\"network.layers.1.weight\" of shape (5, 5)");
  CHECK(error("widths", "6") == needs + "\"network.layers.0.weight\" of shape (6, 1)");
  CHECK(error("widths", "") ==
        "its architecture is not possible: MlpEnergy: expects the input width and at least one hidden width");
  CHECK(error("beta", "-1") == "its architecture is not possible: MlpEnergy: beta is positive, got -1.000000");
  CHECK(error("quadratic", "2") == needs + "\"centre\" of shape (6,)");
  CHECK(error("energy", "conv") == "expected metadata \"energy\" to be \"mlp\"");
}

TEST_CASE("model file: an energy of any kind is read as what it is") {
  const Scratch scratch;
  const ConvEnergy<float> conv(small, Key(3));
  const MlpEnergy<float> mlp({.widths = {112, 3}}, Key(3));
  write_model(scratch.path("conv"), conv, 0.3);
  write_model(scratch.path("mlp"), mlp, 0.2);
  const Model<AnyEnergy<float>> first = read_any_model<float>(scratch.path("conv")),
                                second = read_any_model<float>(scratch.path("mlp"));
  CHECK(same_parameters(std::get<ConvEnergy<float>>(first.phi), conv));
  CHECK(same_parameters(std::get<MlpEnergy<float>>(second.phi), mlp));
  CHECK(first.sigma == 0.3);
  CHECK(second.sigma == 0.2);

  const ConvexEnergy<float> convex({.image = {7, 8, 2}, .channels = {3}, .quadratic = 2}, Key(3),
                                   random_uniform<float>({7, 8, 2}, Key(4)));
  write_model(scratch.path("convex"), convex, 0.5);
  const Model<AnyEnergy<float>> third = read_any_model<float>(scratch.path("convex"));
  CHECK(same_parameters(std::get<ConvexEnergy<float>>(third.phi), convex));
  CHECK(std::get<ConvexEnergy<float>>(third.phi).options == convex.options);
  CHECK(test::same_bits(std::get<ConvexEnergy<float>>(third.phi).centre, convex.centre));

  Content content;
  content.metadata["energy"] = "rbm";
  write_safetensors(scratch.path("other"), content.tensors, content.metadata);
  CHECK(test::without(file_error_of([&] { read_any_model<float>(scratch.path("other")); }),
                      scratch.path("other") + ": ") ==
        "expected metadata \"energy\" to be \"conv\", \"mlp\" or \"convex\", got \"rbm\"");
  CHECK(file_error_of([&] { read_any_model<float>(scratch.put("text", "no model\n")); }) != "");
}

TEST_CASE("model file: a quadratic part is stored with its centre, and files without one are read as before") {
  const Scratch scratch;
  ConvEnergyOptions bowl = small;
  bowl.quadratic = exact_quadratic(0.3);
  const ConvEnergy<float> phi(bowl, Key(3), random_uniform<float>(small.image, Key(4)));
  write_model(scratch.path("model"), phi, 0.3);
  const auto model = read_model<ConvEnergy<float>>(scratch.path("model"));
  CHECK(model.phi.options == bowl);
  CHECK(test::same_bits(model.phi.centre, phi.centre));
  const auto y = Var<float>::constant(random_normal<float>({2, 7, 8, 2}, Key(5)));
  CHECK(test::same_bits(model.phi(y).value(), phi(y).value()));

  write_model(scratch.path("plain"), ConvEnergy<float>(small, Key(3)), 0.3);
  const SafeTensors plain(scratch.path("plain"));
  CHECK_FALSE(plain.metadata().contains("quadratic"));
  CHECK_FALSE(plain.entries().contains("centre"));
  CHECK(read_model<ConvEnergy<float>>(scratch.path("plain")).phi.options.quadratic == 0);

  CHECK(error_of([](Content& content) { content.metadata["quadratic"] = "5.5"; }) ==
        "the architecture needs a tensor \"centre\" of shape (7, 8, 2)");
  CHECK(error_of([](Content& content) {
          content.metadata["quadratic"] = "-1";
          content.tensors.emplace("centre", Tensor<float>::zeros({7, 8, 2}));
        }).find("its architecture is not possible: ConvEnergy: the coefficient") == 0);
}

TEST_CASE("model file: stored as halves, a model loses a part in 2048 of each weight, once") {
  const Scratch scratch;
  const ConvEnergy<float> phi(small, Key(3));
  write_model(scratch.path("exact"), phi, 0.1);
  write_model(scratch.path("half"), phi, 0.1, Storage::half);
  const auto model = read_model<ConvEnergy<float>>(scratch.path("half"));
  CHECK(model.sigma == 0.1);
  const auto original = state(phi), rounded = state(model.phi);
  for (const auto& [name, tensor] : original)
    for (Index i = 0; i < tensor.size(); ++i)
      CHECK(std::abs(rounded.at(name).data()[i] - tensor.data()[i]) <= std::abs(tensor.data()[i]) / 2048 + 0x1p-25F);
  CHECK(std::filesystem::file_size(scratch.path("exact")) - std::filesystem::file_size(scratch.path("half")) >
        static_cast<std::uintmax_t>(2 * parameter_count(phi) - 100));
  write_model(scratch.path("again"), model.phi, 0.1, Storage::half);
  CHECK(test::content_of(scratch.path("again")) == test::content_of(scratch.path("half")));
}

TEST_CASE("model file: a model without readout layers, and one trained in double, are read as float") {
  const Scratch scratch;
  const ConvEnergy<double> phi({.image = {6, 6, 1}, .channels = {2}, .bottleneck = 3}, Key(3));
  write_model(scratch.path("model"), phi, 0.3);
  const ConvEnergy<float> read = read_model<ConvEnergy<float>>(scratch.path("model")).phi;
  CHECK(read.options.readout.empty());
  CHECK(read.bottleneck.weight.value()(1, 1) == static_cast<float>(phi.bottleneck.weight.value()(1, 1)));
}

TEST_CASE("model file: what is no model is refused") {
  const std::string expected = "is not a neb model: expected metadata \"format\" to be \"neb.model\", got ";
  CHECK(metadata_error("format", "neb.checkpoint").starts_with(expected + "\"neb.checkpoint\"; of tensors it has "));
  // What a training script of another framework leaves: weights without a word about the network.
  CHECK(error_of([](Content& content) {
          content.metadata.clear();
          content.tensors = {{"conv1.weight", Tensor<float>({2, 1, 3, 3})}, {"conv1.bias", Tensor<float>({2})}};
        }) == expected + "none; of tensors it has 2: \"conv1.bias\", \"conv1.weight\"");
  CHECK(metadata_error("energy", "mlp") == "expected metadata \"energy\" to be \"conv\"");
  CHECK(error_of([](Content& content) { content.metadata.erase("stride"); }) == "has no metadata \"stride\"");
  CHECK(metadata_error("stride", "") ==
        "its architecture is not possible: ConvEnergy: expects one stride, or one for each of the 2 layers, got 0");

  const Scratch scratch;
  const std::string absent = scratch.path("absent");
  CHECK(file_error_of([&] { read_model<ConvEnergy<float>>(absent); }).find(absent + ": ") == 0);
  const std::string text = scratch.put("text", "this is a text file, not a model\n");
  CHECK(file_error_of([&] { read_model<ConvEnergy<float>>(text); }).find(text + ": ") == 0);
}

TEST_CASE("model file: a file cut anywhere is refused") {
  const Scratch scratch;
  write_model(scratch.path("model"), ConvEnergy<float>(small, Key(3)), 0.3);
  const std::string whole = test::content_of(scratch.path("model"));
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    CAPTURE(length);
    const std::string path = scratch.put("cut", whole.substr(0, length));
    CHECK(file_error_of([&] { read_model<ConvEnergy<float>>(path); }).find(path + ": ") == 0);
  }
}

TEST_CASE("model file: a noise level that is none is refused") {
  for (const char* sigma : {"0", "-0.3", "nan", "inf", "1e7", "1e-300"})
    CHECK(metadata_error("sigma", sigma) == "metadata \"sigma\": expected a positive noise level, from 1e-6 to 1e6");
  CHECK(metadata_error("sigma", "0.3 ") == "metadata \"sigma\": expected a number in range, got \"0.3 \"");
}

TEST_CASE("model file: what could not be read back is not written") {
  const Scratch scratch;
  const ConvEnergy<float> phi(small, Key(3));
  for (const double sigma : {0.0, std::nan(""), 1e7})
    CHECK(test::message_of<ValueError>([&] {
            write_model(scratch.path("a"), phi, sigma);
          }).starts_with("write_model: sigma is a positive noise level"));
  ConvEnergy<float> blown = phi;
  blown.bottleneck.weight = Var<float>(Tensor<float>::full(phi.bottleneck.weight.shape(), HUGE_VALF));
  CHECK(file_error_of([&] {
          write_model(scratch.path("a"), blown, 0.3);
        }).ends_with("is not written: tensor \"bottleneck.weight\" is not finite, number 0 is inf"));
  CHECK(scratch.file_count() == 0);
  CHECK(test::message_of<ValueError>([] {
          ConvEnergy<float>({.image = {7, 8, 1}, .channels = std::vector<Index>(65, 1), .kernel = 1}, Key(1));
        }) == "ConvEnergy: at most 64 layers, got 65");
}

TEST_CASE("model file: weights that are not finite, or were changed by a single bit, are refused") {
  CHECK(error_of([](Content& content) {
          content.tensors.at("bottleneck.bias") = Tensor<float>::full(Shape{5}, std::nanf(""));
        }).find("tensor \"bottleneck.bias\": expected finite numbers, number 0 is nan") != std::string::npos);
  const Scratch scratch;
  write_model(scratch.path("model"), ConvEnergy<float>(small, Key(3)), 0.3);
  std::string bytes = test::content_of(scratch.path("model"));
  bytes[bytes.size() - 7] ^= 1;
  const std::string path = scratch.put("flipped", bytes);
  CHECK(file_error_of([&] {
          read_model<ConvEnergy<float>>(path);
        }).find("is damaged: its content gives the checksum") != std::string::npos);
}

TEST_CASE("model file: metadata that describe no architecture are refused") {
  const auto list_error = [](const std::string& key, const std::string& value) {
    return "metadata \"" + key + "\": expected whole numbers separated by commas, got " + detail::shown(value);
  };
  for (const char* value : {"3,", ",3", "3,,4", "-3,4", "3 4", "3.5,4", "x", "16777217", "99999999999999999999"})
    CHECK(metadata_error("channels", value) == list_error("channels", value));
  std::string many = "1";
  for (int i = 0; i < 64; ++i) many += ",1";
  CHECK(metadata_error("channels", many) == list_error("channels", many));
  CHECK(metadata_error("kernel", "-2") == list_error("kernel", "-2"));
  CHECK(metadata_error("kernel", "2,2") == "metadata \"kernel\": expected one whole number");
  CHECK(metadata_error("kernel", "") == "metadata \"kernel\": expected one whole number");
  CHECK(metadata_error("image", "7,8") == "metadata \"image\": expected height, width and channels");
  CHECK(metadata_error("stride", "0").find("its architecture is not possible: ConvEnergy: stride is at least 1") == 0);
  for (const char* beta : {"0", "-1", "nan", "inf"})
    CHECK(metadata_error("beta", beta).find("its architecture is not possible: ConvEnergy: beta is positive") == 0);
}

TEST_CASE("model file: tensors that do not fit the architecture are refused") {
  const auto needs = [](const std::string& name, const Shape& shape) {
    return "the architecture needs a tensor \"" + name + "\" of shape " + shape.to_string();
  };
  for (const auto& [name, tensor] : Content().tensors) {
    const Shape shape = std::get<Tensor<float>>(tensor).shape();
    CHECK(error_of([&name = name](Content& content) { content.tensors.erase(name); }) == needs(name, shape));
    CHECK(error_of([&name = name](Content& content) {
            content.tensors[name] = Tensor<float>::zeros({1, 1, 1});
          }) == needs(name, shape));
  }
  CHECK(metadata_error("channels", "3,5") == needs("conv.1.weight", {5, 2, 2, 3}));
  CHECK(metadata_error("readout", "6") == needs("readout.1.weight", {6, 1}));
  CHECK(metadata_error("bottleneck", "6").find("the architecture needs a tensor \"bottleneck.weight\"") == 0);
}

TEST_CASE("model file: absurd architectures allocate nothing") {
  CHECK(metadata_error("channels", "16777216").find("the architecture needs a tensor \"conv.0.weight\"") == 0);
  CHECK(metadata_error("bottleneck", "16777216").find("the architecture needs a tensor \"bottleneck.weight\"") == 0);
  CHECK(metadata_error("padding", "16777216").find("the architecture needs a tensor \"bottleneck.weight\"") == 0);
  CHECK(
      metadata_error("image", "16777216,16777216,16777216").find("its architecture is not possible: Shape: too many") ==
      0);
  CHECK(metadata_error("kernel", "16777216").find("the architecture needs a tensor \"conv.0.weight\"") == 0);

  // Filters of an image without channels have no elements, so any number of them fits into the file; biases do not.
  CHECK(error_of([](Content& content) {
          content.metadata["image"] = "2,2,0";
          content.metadata["channels"] = "16777216,0";
          content.metadata["padding"] = "0";
          content.metadata["kernel"] = content.metadata["stride"] = content.metadata["bottleneck"] = "1";
          content.metadata["readout"] = "";
          content.tensors = {{"conv.0.weight", Tensor<float>::zeros({16777216, 1, 1, 0})},
                             {"conv.1.weight", Tensor<float>::zeros({0, 1, 1, 16777216})},
                             {"bottleneck.weight", Tensor<float>::zeros({0, 1})},
                             {"readout.0.weight", Tensor<float>::zeros({1, 1})}};
        }) == "the architecture needs a tensor \"conv.0.bias\" of shape (16777216,)");
}

TEST_CASE("model file: layers without units are refused") {
  const auto zero_units = [](const char* key, std::vector<std::string> names) {
    return error_of([&](Content& content) {
      content.metadata[key] = "0";
      for (const std::string& name : names) content.tensors.erase(name);
      const ConvEnergyOptions& o = small;
      if (key == std::string("bottleneck")) {
        content.tensors["bottleneck.weight"] = Tensor<float>::zeros({3 * 3 * 4, 0});
        content.tensors["bottleneck.bias"] = Tensor<float>::zeros({0});
        content.tensors["readout.0.weight"] = Tensor<float>::zeros({0, 6});
      } else {
        content.tensors["readout.0.weight"] = Tensor<float>::zeros({o.bottleneck, 0});
        content.tensors["readout.1.weight"] = Tensor<float>::zeros({0, 1});
      }
    });
  };
  CHECK(zero_units("readout", {"readout.2.weight"}) ==
        "its architecture is not possible: ConvEnergy: a readout layer has at least 1 unit, got 0");
  CHECK(zero_units("bottleneck", {}).find("its architecture is not possible: ConvEnergy: expects at least one") == 0);
}

TEST_CASE("model file: a folder that does not exist is an error with its path") {
  const Scratch scratch;
  const std::string path = scratch.path("no/such/folder/model");
  CHECK(file_error_of([&] { write_model(path, ConvEnergy<float>(small, Key(3)), 0.3); }).find(path) == 0);
}
