// Safetensors files: SafeTensors accepts what json_rules.hpp says of the format, and what it reads is written and read the same.
#include "neb/io/safetensors.hpp"

#include "fuzz.hpp"
#include "json_rules.hpp"
#include "safetensors_files.hpp"

using namespace neb;
using namespace neb::fuzz;

namespace {

void compare(const SafeTensors& file, const FileRule& rule) {
  require(file.metadata() == rule.metadata, "other metadata");
  require(file.entries().size() == rule.tensors.size(), "other tensors");
  if (rule.tensors.empty()) return;
  const std::uint64_t data = file.entries().begin()->second.begin - rule.tensors.begin()->second.begin;
  for (const auto& [name, tensor] : rule.tensors) {
    const TensorEntry& entry = file.entries().at(name);
    require(entry.dtype == tensor.dtype && entry.rank == std::ssize(tensor.shape), "another type or rank");
    require(entry.begin == data + tensor.begin && entry.end == data + tensor.end, "another place");
    require(entry.rank > Shape::max_rank || entry.shape == Shape(tensor.shape), "another shape");
  }
}

/// All tensors that can be read, doubles as such and others as float.
TensorMap readable(const SafeTensors& file) {
  TensorMap tensors;
  for (const auto& named : file.entries()) {
    const std::string& name = named.first;
    const TensorEntry& entry = named.second;
    const bool number = entry.dtype == "F64" || entry.dtype == "F32" || entry.dtype == "F16" || entry.dtype == "BF16";
    const bool refused = refuses([&] {
      if (entry.dtype == "F64")
        tensors.emplace(name, file.get<double>(name));
      else
        tensors.emplace(name, file.get<float>(name));
    });
    require(refused != (number && entry.rank <= Shape::max_rank), "a tensor that should be readable, or should not");
  }
  return tensors;
}

void try_input(ByteSpan bytes) {
  const MemoryFile input(bytes);
  const FileRule rule = safetensors_rule(text_of(bytes));
  const bool refused = refuses([&] {
    const SafeTensors file(input.path());
    if (rule.verdict == Verdict::accepted) compare(file, rule);
    refuses([&] { file.check_content(); });
    refuses([&] { file.text("format"); });
    refuses([&] { file.number<double>("sigma"); });
    refuses([&] { file.get_finite<float>("w", {2, 3}); });
    const TensorMap tensors = readable(file);
    const Folder folder;
    write_safetensors(folder.path("once"), tensors, file.metadata());
    const SafeTensors again(folder.path("once"));
    require(again.metadata() == file.metadata(), "metadata differ that were written and read");
    write_safetensors(folder.path("twice"), readable(again), again.metadata());
    require(content_of(folder.path("once")) == content_of(folder.path("twice")),
            "tensors differ that were written and read");
  });
  if (rule.verdict != Verdict::undecided)
    require(refused != (rule.verdict == Verdict::accepted), "the rules say otherwise");
}

std::vector<std::string> seeds() {
  const TensorMap tensors{
      {"w", Tensor<float>::ones({2, 3})}, {"v", Tensor<double>::ones({2})}, {"", Tensor<float>({0, 4})}};
  const auto written = [&](Storage storage, bool guarded) {
    return written_file([&](const std::string& path) {
      write_safetensors(path, tensors, {{"format", "é"}, {"sigma", "0.3"}}, storage, guarded);
    });
  };
  const auto file = [](const std::string& header, std::size_t size) {
    return test::safetensors_bytes(header, std::string(size, '\1'));
  };
  return {
      written(Storage::exact, true), written(Storage::half, false),
      file(R"({"w":{"dtype":"F4","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,2]}})", 2),
      file(R"({"a":{"dtype":"BF16","shape":[],"data_offsets":[0,2],"x":{"y":[1e3,null]}},"b":{"data_offsets":[2,5],)"
           R"("shape":[4],"dtype":"F6_E2M3"}} )",
           5)};
}

}  // namespace

const Target neb::fuzz::target{.try_input = try_input, .seeds = seeds, .mend = mend_safetensors};
