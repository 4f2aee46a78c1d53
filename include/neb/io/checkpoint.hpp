/// Checkpoints: safetensors files that say what they are, so that training resumes from nothing else.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include "neb/io/file.hpp"
#include "neb/io/safetensors.hpp"
#include "neb/io/safetensors_header.hpp"

namespace neb {

/// The version that write_checkpoint() writes and read_checkpoint() accepts.
inline constexpr const char* checkpoint_version = "1";

/// Where the checkpoint that write_checkpoint() replaced is kept.
inline std::string previous_checkpoint(const std::string& path) { return path + ".previous"; }

/// Renames a checkpoint that is there to previous_checkpoint(), for a run that begins anew under its name: whoever resumes from
/// there wants that run, not an older one. Throws FileError when there is one, and it stays where it is.
inline void set_aside_checkpoint(const std::string& path) {
  if (::rename(path.c_str(), previous_checkpoint(path).c_str()) != 0 && errno != ENOENT)
    throw detail::errno_error(path, "cannot be set aside");
}

/// Writes a checkpoint, atomically: `tensors`, and `metadata` to which "format", "version" and "checksum" are added. The one that
/// it replaces is kept as previous_checkpoint(). Throws FileError, also when a number is not finite, and ValueError as
/// write_safetensors() does.
inline void write_checkpoint(const std::string& path, const TensorMap& tensors, Metadata metadata) {
  metadata["format"] = "neb.checkpoint";
  metadata["version"] = checkpoint_version;
  check_finite(path, tensors);
  const std::string before = previous_checkpoint(path), next = before + ".tmp";
  // A second name for the old file, so that there is a checkpoint at every moment. Where a file system has no such names, or
  // there is no old file, there is nothing to keep.
  ::unlink(next.c_str());
  if (::link(path.c_str(), next.c_str()) == 0) {
    static_cast<void>(::rename(next.c_str(), before.c_str()));
    ::unlink(next.c_str());  // still there where both were names of one file, because the last write failed
  }
  write_safetensors(path, tensors, std::move(metadata), Storage::exact, /*guarded=*/true);
}

/// Opens a checkpoint. Throws FileError when it is not one, of another version, or damaged.
inline SafeTensors read_checkpoint(const std::string& path) {
  SafeTensors file(path);
  file.expect_format("neb.checkpoint", "a checkpoint");
  if (const std::string& stated = file.text("version"); stated != checkpoint_version) {
    throw file_error(
        path, std::string("expected a checkpoint of version ") + checkpoint_version + ", got " + detail::shown(stated));
  }
  file.check_content();
  return file;
}

}  // namespace neb
