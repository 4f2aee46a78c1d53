#include "neb/io/safetensors.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "io/safetensors_bytes.hpp"
#include "io/scratch.hpp"

using namespace neb;
using neb::test::file_error_of;
using neb::test::safetensors_bytes;
using neb::test::Scratch;

namespace {

template <class T>
bool same_bits(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() &&
         (a.size() == 0 || std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(T)) == 0);
}

/// Every kind of number that rounding, printing or comparing might lose.
template <class T>
Tensor<T> special_numbers() {
  using Limits = std::numeric_limits<T>;
  return {{2, 5},
          {T(0), T(-0.0), T(1) / T(3), Limits::denorm_min(), Limits::min(), Limits::max(), Limits::lowest(),
           Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()}};
}

}  // namespace

TEST_CASE("safetensors: floats and doubles keep every bit") {
  const Scratch scratch;
  const std::string path = scratch.path("a.safetensors");
  write_safetensors(path, {{"f", special_numbers<float>()},
                           {"d", special_numbers<double>()},
                           {"scalar", Tensor<float>::scalar(3)},
                           {"empty", Tensor<double>::zeros({3, 0, 2})}});
  const SafeTensors file(path);
  CHECK(same_bits(file.get<float>("f"), special_numbers<float>()));
  CHECK(same_bits(file.get<double>("d"), special_numbers<double>()));
  CHECK(same_bits(file.get<float>("scalar"), Tensor<float>::scalar(3)));
  CHECK(same_bits(file.get<double>("empty"), Tensor<double>::zeros({3, 0, 2})));
  CHECK(file.entries().size() == 4);
  CHECK(file.contains("f"));
  CHECK_FALSE(file.contains("g"));
  CHECK(scratch.file_count() == 1);
}

TEST_CASE("safetensors: no tensors, only metadata, or nothing at all make a valid file") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  write_safetensors(path, {});
  CHECK(test::content_of(path) == safetensors_bytes("{}      ", ""));
  CHECK(SafeTensors(path).entries().empty());
  write_safetensors(path, {}, {{"a", "b"}});
  CHECK(SafeTensors(path).text("a") == "b");
}

TEST_CASE("safetensors: the bytes that are written are those of the format") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  write_safetensors(path, {{"a", Tensor<float>({2, 1}, {1, 2})}, {"b", Tensor<double>::scalar(1)}}, {{"k\n", "v"}});
  const std::string data("\x00\x00\x00\x00\x00\x00\xF0\x3F\x00\x00\x80\x3F\x00\x00\x00\x40", 16);
  std::string header = R"({"__metadata__":{"k\u000a":"v"},"b":{"dtype":"F64","shape":[],"data_offsets":[0,8]},)"
                       R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  CHECK(test::content_of(path) == safetensors_bytes(header, data));
}

TEST_CASE("safetensors: every element lies at a multiple of its size") {
  const Scratch scratch;
  for (std::size_t length = 1; length < 20; ++length) {
    const std::string path = scratch.path("a");
    write_safetensors(path, {{std::string(length, 'a'), Tensor<float>::ones({3})}, {"b", Tensor<double>::ones({1})}});
    const SafeTensors file(path);
    CHECK(file.entries().at("b").begin % 8 == 0);
    CHECK(file.entries().at(std::string(length, 'a')).begin % 4 == 0);
  }
}

TEST_CASE("safetensors: a tensor is read as float or double, whatever it was written as") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  write_safetensors(path, {{"f", Tensor<float>({2}, {0.1F, -2})}, {"d", Tensor<double>({2}, {0.1, 1e300})}});
  const SafeTensors file(path);
  CHECK(file.get<double>("f")(0) == double{0.1F});
  CHECK(file.get<float>("d")(0) == 0.1F);
  CHECK(std::isinf(file.get<float>("d")(1)));
}

TEST_CASE("safetensors: all 65536 half-precision numbers are read exactly") {
  const Scratch scratch;
  std::string data;
  for (int bits = 0; bits < 65536; ++bits) data += {static_cast<char>(bits & 255), static_cast<char>(bits >> 8)};
  const std::string header = R"({"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}})";
  const SafeTensors file(scratch.put("a", safetensors_bytes(header, data)));
  const Tensor<float> half = file.get<float>("h");
  const Tensor<double> wide = file.get<double>("h");
  for (int bits = 0; bits < 65536; ++bits) {
    const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
    double expected = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    if (exponent == 31) expected = fraction == 0 ? HUGE_VAL : NAN;
    const float value = half(bits);
    const bool same = std::isnan(expected) ? std::isnan(value) : double{std::abs(value)} == expected;
    if (!same || std::signbit(value) != (bits >= 32768) || !(std::isnan(value) || double{value} == wide(bits)))
      FAIL_CHECK("half " << bits << " is read as " << value << ", expected " << expected);
  }
}

TEST_CASE("safetensors: stored as halves, floats and doubles are rounded and take two bytes each") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  const TensorMap tensors{{"f", Tensor<float>({3}, {0.1F, -2, 0})}, {"d", Tensor<double>({1, 1}, {1.0 / 3})}};
  write_safetensors(path, tensors, {}, Storage::half);
  const SafeTensors file(path);
  CHECK(file.entries().at("f").dtype == "F16");
  CHECK(file.entries().at("d").dtype == "F16");
  CHECK(file.entries().at("f").end - file.entries().at("f").begin == 6);
  CHECK(file.get<float>("f")(0) == 0.0999755859375F);  // 1638 / 2^14
  CHECK(file.get<float>("f")(1) == -2);
  CHECK(file.get<double>("d", {1, 1})(0, 0) == 0.333251953125);  // 1365 / 2^12
  CHECK_THROWS_AS(write_safetensors(path, {{"f", Tensor<float>({1}, {1e6F})}}, {}, Storage::half), ValueError);
  CHECK(SafeTensors(path).contains("d"));  // what was there is still there
}

TEST_CASE("safetensors: bfloat16 is the upper half of a float") {
  const Scratch scratch;
  const std::string header = R"({"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})";
  const SafeTensors file(scratch.put("a", safetensors_bytes(header, std::string("\x80\x3F\x49\xC0", 4))));
  CHECK(file.get<float>("b")(0) == 1);
  CHECK(file.get<double>("b")(1) == -3.140625);
}

TEST_CASE("safetensors: other types are listed with their size, and cannot be read as numbers") {
  const Scratch scratch;
  const std::string header =
      R"({"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"u":{"dtype":"BOOL","shape":[3],"data_offsets":[8,11]}})";
  const std::string path = scratch.put("a", safetensors_bytes(header, std::string(11, '\0')));
  const SafeTensors file(path);
  CHECK(file.entries().at("u").dtype == "BOOL");
  CHECK(file.entries().at("u").shape == Shape{3});
  CHECK(file_error_of([&] { file.get<float>("i"); }) ==
        path + ": offset " + std::to_string(8 + header.size()) +
            ": tensor \"i\": expected type F64, F32, F16 or BF16, got I64");
}

TEST_CASE("safetensors: a name that is missing is an error that lists what there is") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  write_safetensors(path, {{"w", Tensor<float>::ones({2})}, {"b", Tensor<float>::ones({2})}});
  const SafeTensors file(path);
  CHECK(file_error_of([&] { file.get<float>("v"); }) == path + ": has no tensor \"v\", it has 2: \"b\", \"w\"");
  TensorMap many;
  for (int i = 0; i < 100; ++i) many[std::to_string(i)] = Tensor<float>::ones({1});
  write_safetensors(path, many);
  const std::string error = file_error_of([&] { SafeTensors(path).get<float>("v"); });
  CHECK(error.find("it has 100: \"0\", \"1\", \"10\"") != std::string::npos);
  CHECK(error.ends_with(", ..."));
  write_safetensors(path, {});
  CHECK(file_error_of([&] { SafeTensors(path).get<float>("v"); }) == path + ": has no tensor \"v\", it has 0");
}

TEST_CASE("safetensors: a shape that was not expected is an error with both shapes") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  write_safetensors(path, {{"w", Tensor<float>::ones({2, 3})}});
  const SafeTensors file(path);
  CHECK(file.get<float>("w", {2, 3}).size() == 6);
  CHECK(file_error_of([&] {
          file.get<float>("w", {3, 2});
        })
            .ends_with(
                "tensor \"w\": expected shape (3, 2), got (2, 3). Only the order of axes differs: filters are (out, "
                "height, width, in) here, and matrices (in, out)"));
}

TEST_CASE("safetensors: numbers in metadata keep every bit") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  write_safetensors(path, {},
                    {{"step", number_text(std::uint64_t{18446744073709551615U})},
                     {"sigma", number_text(0.1F)},
                     {"rate", number_text(-1.0 / 3)},
                     {"text", "12x"},
                     {"big", "300"}});
  const SafeTensors file(path);
  CHECK(file.number<std::uint64_t>("step") == 18446744073709551615U);
  CHECK(file.number<float>("sigma") == 0.1F);
  CHECK(file.number<double>("rate") == -1.0 / 3);
  CHECK(file_error_of([&] { file.number<int>("text"); }) ==
        path + ": metadata \"text\": expected a number in range, got \"12x\"");
  CHECK_FALSE(file_error_of([&] { file.number<std::int8_t>("big"); }).empty());
  CHECK_FALSE(file_error_of([&] { file.number<int>("sigma"); }).empty());
  CHECK(file_error_of([&] { file.number<int>("none"); }) == path + ": has no metadata \"none\"");
}

TEST_CASE("safetensors: names and metadata of any UTF-8 come back") {
  const Scratch scratch;
  const std::string odd = "a\"\\\n\t/ \xC3\xA9\xE2\x82\xAC";
  write_safetensors(scratch.path("a"), {{odd, Tensor<float>::ones({1})}, {"", Tensor<float>::ones({1})}}, {{odd, odd}});
  const SafeTensors file(scratch.path("a"));
  CHECK(file.contains(odd));
  CHECK(file.contains(""));
  CHECK(file.text(odd) == odd);
}

TEST_CASE("safetensors: names that the format cannot hold are refused, and nothing is written") {
  const Scratch scratch;
  CHECK_THROWS_AS(write_safetensors(scratch.path("a"), {{"\xFF", Tensor<float>::ones({1})}}), ValueError);
  CHECK_THROWS_AS(write_safetensors(scratch.path("a"), {{"__metadata__", Tensor<float>::ones({1})}}), ValueError);
  CHECK_THROWS_AS(write_safetensors(scratch.path("a"), {}, {{"k", "\xFF"}}), ValueError);
  CHECK(scratch.file_count() == 0);
}

TEST_CASE("safetensors: an open file survives being replaced") {
  const Scratch scratch;
  write_safetensors(scratch.path("a"), {{"w", Tensor<float>::ones({1000})}});
  const SafeTensors old(scratch.path("a"));
  write_safetensors(scratch.path("a"), {{"w", Tensor<float>::zeros({2})}});
  CHECK(old.get<float>("w")(999) == 1);
}

TEST_CASE("safetensors: reading takes the memory of the tensor and no more") {
  const Scratch scratch;
  write_safetensors(scratch.path("a"), {{"w", Tensor<float>::ones({100'000})}, {"v", Tensor<float>::ones({100'000})}});
  CHECK(test::tensor_bytes_of([&] { SafeTensors file(scratch.path("a")); }) == 0);
  CHECK(test::tensor_bytes_of([&] { SafeTensors(scratch.path("a")).get<float>("w"); }) < 500'000);
}

TEST_CASE("safetensors: a tensor that neb has no type or axes for leaves the others readable") {
  const Scratch scratch;
  struct Other {
    const char* entry;
    const char* message;  // of asking for it
  };
  const Other others[] = {
      {R"({"dtype":"I32","shape":[1],"data_offsets":[4,8]})", "expected type F64, F32, F16 or BF16, got I32"},
      {R"({"dtype":"F8_E8M0","shape":[4],"data_offsets":[4,8]})", "got F8_E8M0"},
      {R"({"dtype":"F8_E4M3FNUZ","shape":[4],"data_offsets":[4,8]})", "got F8_E4M3FNUZ"},
      {R"({"dtype":"F4","shape":[2,4],"data_offsets":[4,8]})", "got F4"},
      {R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[4,8]})", "expected at most 8 axes, got 9"},
  };
  for (const Other& other : others) {
    CAPTURE(other.entry);
    const std::string header =
        R"({"w":{"more":[{"a":[1.5e3,null]},"b"],"dtype":"F32","shape":[],"data_offsets":[0,4]},"s":)" +
        std::string(other.entry) + "}";
    const SafeTensors file(scratch.put("other", safetensors_bytes(header, std::string(8, '\0'))));
    CHECK(file.get<float>("w").item() == 0);
    CHECK(file_error_of([&] { file.get<float>("s"); }).ends_with(other.message));
  }
  const std::string eight = R"({"w":{"dtype":"F32","shape":[1,1,1,1,2,1,1,1],"data_offsets":[0,8]}})";
  const SafeTensors most(scratch.put("most", safetensors_bytes(eight, std::string(8, '\0'))));
  CHECK(most.get<float>("w").shape() == Shape{1, 1, 1, 1, 2, 1, 1, 1});
}
