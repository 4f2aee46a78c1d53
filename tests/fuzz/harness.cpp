// The functions that libFuzzer calls, and what watches over every input.
#include <sanitizer/allocator_interface.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "fuzz.hpp"
#include "neb/io/utf8.hpp"

namespace neb::fuzz {

namespace {

constexpr std::int64_t allowance = std::int64_t{16} << 20;

// Bytes that are allocated now, and how many may be while an input is tried.
std::atomic<std::int64_t> live = 0, limit = INT64_MAX;

void count_malloc(const volatile void* block, std::size_t /*size*/) {
  live += static_cast<std::int64_t>(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
  if (live > limit) {
    limit = INT64_MAX;  // what reports it may allocate
    require(false, "memory beyond the input's size and 16 MB");
  }
}

void count_free(const volatile void* block) {
  if (block != nullptr)
    live -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
}

// Inputs that were begun, and the one that was under way at the last tick of the processor's clock. Time on the wall would
// accuse inputs of what other programs took.
std::atomic<std::uint64_t> begun = 0, ticked = 0;
std::atomic<bool> under_way = false;

void tick(int) {
  if (under_way && ticked == begun) {
    constexpr std::string_view text = "fuzz: more than a second of processor time\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());  // all that a handler may
    std::abort();
  }
  ticked = begun.load();
}

void watch() {
  __sanitizer_install_malloc_and_free_hooks(count_malloc, count_free);
  struct sigaction action {};
  action.sa_handler = tick;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGPROF, &action, nullptr);
  const ::itimerval second{{1, 0}, {1, 0}};
  ::setitimer(ITIMER_PROF, &second, nullptr);
}

int memory_descriptor() {
  static const int descriptor = ::memfd_create("input", 0);
  return descriptor;
}

}  // namespace

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

void check_message(std::string_view message) {
  require(message.size() <= 2000, "a message of more than 2 000 bytes");
  while (!message.empty()) {
    const std::size_t length = utf8_sequence(message);
    require(length > 0, "a message that is no UTF-8");
    const auto first = static_cast<unsigned char>(message[0]);
    const bool control =
        first < 0x20 || first == 0x7F || (first == 0xC2 && static_cast<unsigned char>(message[1]) < 0xA0);
    require(!control, "a control character in a message");
    message.remove_prefix(length);
  }
}

MemoryFile::MemoryFile(ByteSpan content) {
  const int descriptor = memory_descriptor();
  const auto size = static_cast<::off_t>(content.size());
  require(::ftruncate(descriptor, size) == 0 &&
              ::pwrite(descriptor, content.data(), content.size(), 0) == static_cast<::ssize_t>(content.size()),
          "no memory for the input");
}

const std::string& MemoryFile::path() const {
  static const std::string path = "/proc/self/fd/" + std::to_string(memory_descriptor());
  return path;
}

Folder::Folder() {
  const bool in_memory = ::access("/dev/shm", W_OK | X_OK) == 0;
  folder_ = in_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string();
  folder_ += "/neb-fuzz-XXXXXX";
  require(::mkdtemp(folder_.data()) != nullptr, "no folder to write to");
}

Folder::~Folder() { std::filesystem::remove_all(folder_); }

}  // namespace neb::fuzz

extern "C" const char* __asan_default_options();  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed);

// Freed blocks are kept until much more is freed than any input takes, and for each a short stack: half as fast otherwise.
const char* __asan_default_options() { return "quarantine_size_mb=32:malloc_context_size=6:use_sigaltstack=0"; }

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace neb::fuzz;
  static const bool watched = (watch(), true);
  static_cast<void>(watched);
  ++begun;
  limit = live + static_cast<std::int64_t>(size) + allowance;
  under_way = true;
  target.try_input(std::as_bytes(std::span(data, size)));
  under_way = false;
  limit = INT64_MAX;
  return 0;
}

// Now and then a seed, so that none has to lie in a file; else a mutation, which is mostly mended.
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  using neb::fuzz::target;
  std::string input;
  if (seed % 256 == 0) {
    static const std::vector<std::string> seeds = target.seeds();
    input = seeds[seed / 256 % seeds.size()];
  } else {
    size = LLVMFuzzerMutate(data, size, max_size);
    input.assign(reinterpret_cast<const char*>(data), size);
    if (seed % 8 != 1) target.mend(input);
  }
  size = std::min(input.size(), max_size);
  std::memcpy(data, input.data(), size);
  return size;
}
