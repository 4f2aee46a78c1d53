#include "neb/io/checkpoint.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("checkpoint: other safetensors files and versions are refused") {
  const Scratch scratch;
  const auto error = [&] {
    return test::without(file_error_of([&] { read_checkpoint(scratch.path("a")); }), scratch.folder() + "/");
  };
  write_safetensors(scratch.path("a"), {}, {{"format", "pt"}});
  CHECK(error() == "a: is not a checkpoint: expected metadata \"format\" to be \"neb.checkpoint\"");
  write_safetensors(scratch.path("a"), {}, {{"format", "neb.checkpoint"}});
  CHECK(error() == "a: has no metadata \"version\"");
  write_safetensors(scratch.path("a"), {}, {{"format", "neb.checkpoint"}, {"version", "2"}});
  CHECK(error() == "a: expected a checkpoint of version 1, got \"2\"");
}
