/// PNG pictures by libpng, when it is built in.
#pragma once

#if defined(NEB_HAVE_PNG)
#include <png.h>
#endif

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "neb/core/shape.hpp"
#include "neb/io/file.hpp"

namespace neb {

/// Whether pictures can be written as PNG: neb was built with libpng.
#if defined(NEB_HAVE_PNG)
inline constexpr bool png_available = true;
#else
inline constexpr bool png_available = false;
#endif

namespace detail {

/// `pixels` (height, width, channels), 1 channel or 3, as a PNG file in memory. Throws FileError in the name of `path`.
inline std::vector<std::byte> encode_png([[maybe_unused]] std::span<const std::uint8_t> pixels,
                                         [[maybe_unused]] Index height, [[maybe_unused]] Index width,
                                         [[maybe_unused]] Index channels, const std::string& path) {
#if defined(NEB_HAVE_PNG)
  // libpng's simplified interface reports errors in the struct: no longjmp passes C++ destructors.
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> encoded(size);
  if (png_image_write_to_memory(&image, encoded.data(), &size, 0, pixels.data(), 0, nullptr) == 0) {
    const std::string reason = image.message;
    png_image_free(&image);
    throw file_error(path, "libpng cannot encode the picture: " + reason);
  }
  encoded.resize(size);
  return encoded;
#else
  throw file_error(path,
                   "this program was built without libpng: write .pgm or .ppm, or install libpng "
                   "(apt-get install libpng-dev) and build with NEB_HAVE_PNG defined");
#endif
}

}  // namespace detail

}  // namespace neb
