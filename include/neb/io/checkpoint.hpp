/// Checkpoints: safetensors files that say what they are, so that training resumes from nothing else.
#pragma once

#include <string>

#include "neb/io/file.hpp"
#include "neb/io/safetensors.hpp"
#include "neb/io/safetensors_header.hpp"

namespace neb {

/// The version that write_checkpoint() writes and read_checkpoint() accepts.
inline constexpr const char* checkpoint_version = "1";

/// Writes a checkpoint, atomically: `tensors`, and `metadata` to which "format" and "version" are added.
/// Throws FileError, and ValueError as write_safetensors() does.
inline void write_checkpoint(const std::string& path, const TensorMap& tensors, Metadata metadata) {
  metadata["format"] = "neb.checkpoint";
  metadata["version"] = checkpoint_version;
  write_safetensors(path, tensors, metadata);
}

/// Opens a checkpoint. Throws FileError when it is not one, or of another version.
inline SafeTensors read_checkpoint(const std::string& path) {
  SafeTensors file(path);
  const auto format = file.metadata().find("format");
  if (format == file.metadata().end() || format->second != "neb.checkpoint")
    throw file_error(path, R"(is not a checkpoint: expected metadata "format" to be "neb.checkpoint")");
  if (const std::string& stated = file.text("version"); stated != checkpoint_version) {
    throw file_error(
        path, std::string("expected a checkpoint of version ") + checkpoint_version + ", got " + detail::shown(stated));
  }
  return file;
}

}  // namespace neb
