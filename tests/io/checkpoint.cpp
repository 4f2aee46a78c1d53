#include "neb/io/checkpoint.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "io/scratch.hpp"

using namespace neb;
using neb::test::file_error_of;
using neb::test::Scratch;

TEST_CASE("checkpoint: tensors and metadata come back") {
  const Scratch scratch;
  write_checkpoint(scratch.path("a"), {{"w", Tensor<float>({2}, {1, 2})}}, {{"step", "17"}});
  const SafeTensors file = read_checkpoint(scratch.path("a"));
  CHECK(file.get<float>("w")(1) == 2);
  CHECK(file.number<int>("step") == 17);
  CHECK(file.text("format") == "neb.checkpoint");
}

TEST_CASE("checkpoint: the one before is kept, and a number that is not finite replaces none") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  for (const float value : {1.0F, 2.0F, 3.0F}) write_checkpoint(path, {{"w", Tensor<float>({1}, {value})}}, {});
  CHECK(read_checkpoint(path).get<float>("w")(0) == 3);
  CHECK(read_checkpoint(previous_checkpoint(path)).get<float>("w")(0) == 2);
  const Tensor<double> bad(Shape{2}, {0, -HUGE_VAL});
  CHECK(file_error_of([&] {
          write_checkpoint(path, {{"w", bad}}, {});
        }) == path + ": is not written: tensor \"w\" is not finite, number 1 is -inf");
  CHECK(read_checkpoint(path).get<float>("w")(0) == 3);
  CHECK(scratch.file_count() == 2);
}

TEST_CASE("checkpoint: one that could not be written leaves no third file, nor does the next one") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  for (const float value : {1.0F, 2.0F}) write_checkpoint(path, {{"w", Tensor<float>({1}, {value})}}, {});
  CHECK_THROWS_AS(write_checkpoint(path, {}, {{"no UTF-8", "\xFF"}}), ValueError);
  write_checkpoint(path, {{"w", Tensor<float>({1}, {3})}}, {});
  CHECK(read_checkpoint(path).get<float>("w")(0) == 3);
  CHECK(read_checkpoint(previous_checkpoint(path)).get<float>("w")(0) == 2);
  CHECK(scratch.file_count() == 2);
}

TEST_CASE("checkpoint: one that is there is set aside or says why not; none is no matter") {
  const Scratch scratch;
  const std::string path = scratch.path("a");
  CHECK_NOTHROW(set_aside_checkpoint(path));
  for (int i = 0; i < 2; ++i) {
    write_checkpoint(path, {{"w", Tensor<float>({1}, {1})}}, {});
    set_aside_checkpoint(path);
    CHECK(scratch.file_count() == 1);
  }
  const std::string other = scratch.put("b", "text");
  std::filesystem::create_directory(previous_checkpoint(other));
  CHECK(file_error_of([&] { set_aside_checkpoint(other); }) == other + ": cannot be set aside: Is a directory");
}

TEST_CASE("checkpoint: a bit that flips anywhere is noticed") {
  const Scratch scratch;
  write_checkpoint(scratch.path("a"), {{"w", Tensor<float>({2}, {1, 2})}, {"d", Tensor<double>({1}, {3})}},
                   {{"step", "17"}});
  const std::string whole = test::content_of(scratch.path("a"));
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    CAPTURE(bit);
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const std::string path = scratch.put("damaged", damaged);
    // In the header, a blank that becomes another blank means the same, and a checksum of another name is none.
    const bool blank = whole[bit / 8] == ' ';
    const std::size_t name = whole.find("\"checksum\"");
    if (!blank && (bit / 8 < name || bit / 8 >= name + 10))
      CHECK(!file_error_of([&] { read_checkpoint(path); }).empty());
  }
  const std::string path = scratch.put("damaged", whole.substr(0, whole.size() - 1) + "?");
  CHECK(file_error_of([&] {
          read_checkpoint(path);
        }).find("damaged: is damaged: its content gives the checksum fnv1a64:") != std::string::npos);
}

TEST_CASE("checkpoint: other safetensors files and versions are refused") {
  const Scratch scratch;
  const auto error = [&] {
    return test::without(file_error_of([&] { read_checkpoint(scratch.path("a")); }), scratch.folder() + "/");
  };
  write_safetensors(scratch.path("a"), {{"w", Tensor<float>({1})}}, {{"format", "pt"}});
  CHECK(
      error() ==
      "a: is not a checkpoint: expected metadata \"format\" to be \"neb.checkpoint\", got \"pt\"; of tensors it has 1: "
      "\"w\"");
  write_safetensors(scratch.path("a"), {}, {{"format", "neb.checkpoint"}});
  CHECK(error() == "a: has no metadata \"version\"");
  write_safetensors(scratch.path("a"), {}, {{"format", "neb.checkpoint"}, {"version", "2"}});
  CHECK(error() == "a: expected a checkpoint of version 1, got \"2\"");
}
