/// A library that makes one call of a program fail. The program loads it first (LD_PRELOAD), and these variables say which call:
///
/// NEB_FAULT         its kind: write, short (a write that takes half of the bytes), fsync, rename, open, close, read, memory, or
///                   exhausted (no memory from that call on)
/// NEB_FAULT_AT      its number among the calls of that kind, from 1 on; 0: none fails, and they are counted
/// NEB_FAULT_REPORT  a file that is made when the call fails; if they are counted, it gets their number at the end
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

enum class Kind { none, write, brief, fsync, rename, open, close, read, memory, exhausted };
constexpr const char* names[] = {"",     "write", "short", "fsync",  "rename",
                                 "open", "close", "read",  "memory", "exhausted"};

Kind kind = Kind::none;
long fails_at = 0;
std::atomic<long> calls = 0;

/// Writes the report by system calls, which are not those that fail.
void report(long number) {
  const char* const path = std::getenv("NEB_FAULT_REPORT");
  if (path == nullptr) return;
  char text[24];
  const int length = std::snprintf(text, sizeof text, "%ld\n", number);
  const long file = ::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0 || ::syscall(SYS_write, file, text, length) != length) std::abort();
  ::syscall(SYS_close, file);
}

/// Runs after the C++ library has set memory aside for exceptions: what a program does not survive is counted from here on.
[[gnu::constructor]] void begin() {
  const char* const name = std::getenv("NEB_FAULT");
  const char* const at = std::getenv("NEB_FAULT_AT");
  if (name == nullptr || at == nullptr) return;
  fails_at = std::atol(at);
  for (int i = 1; i < static_cast<int>(std::size(names)); ++i)
    if (std::strcmp(names[i], name) == 0) kind = static_cast<Kind>(i);
  if (kind == Kind::none) std::abort();
}

[[gnu::destructor]] void end() {
  if (kind != Kind::none && fails_at == 0) report(calls);
}

/// Whether this call of that kind is the one that fails.
bool fails(Kind called) {
  if (called != kind) return false;
  const long number = ++calls;
  if (number == fails_at) report(number);
  return number == fails_at || (kind == Kind::exhausted && fails_at > 0 && number > fails_at);
}

/// One that is made inside another, as operator new calls malloc, is not counted again.
thread_local int depth [[gnu::tls_model("initial-exec")]] = 0;
struct Inside {
  Inside() { ++depth; }
  ~Inside() { --depth; }
};

bool no_memory() {
  if (depth > 0) return false;
  const Inside inside;
  return fails(Kind::memory) || fails(Kind::exhausted);
}

/// The function that the program would call without this library.
template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

template <class Result>
Result failure(int code, Result result) {
  errno = code;
  return result;
}

template <class Function, class... Arguments>
void* allocated(Function* function, Arguments... arguments) {
  const Inside inside;
  return function(arguments...);
}

template <class Function, class... Arguments>
void* allocated_or_thrown(Function* function, Arguments... arguments) {
  if (no_memory()) throw std::bad_alloc();
  return allocated(function, arguments...);
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t count) {
  static auto* const real = next<decltype(write)>("write");
  if (fails(Kind::write)) return failure(ENOSPC, ssize_t{-1});
  return real(file, bytes, fails(Kind::brief) ? (count + 1) / 2 : count);
}

/// What a stream has collected is written by the C library itself; here is where it can be seen.
int fflush(FILE* stream) {
  static auto* const real = next<decltype(fflush)>("fflush");
  return fails(Kind::write) ? failure(ENOSPC, EOF) : real(stream);
}

int fsync(int file) {
  static auto* const real = next<decltype(fsync)>("fsync");
  return fails(Kind::fsync) ? failure(EIO, -1) : real(file);
}

int rename(const char* from, const char* to) noexcept {
  static auto* const real = next<decltype(rename)>("rename");
  return fails(Kind::rename) ? failure(EIO, -1) : real(from, to);
}

int open(const char* path, int flags, ...) {
  static auto* const real = next<decltype(open)>("open");
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return fails(Kind::open) ? failure(EMFILE, -1) : real(path, flags, mode);
}

FILE* fopen(const char* path, const char* mode) {
  static auto* const real = next<decltype(fopen)>("fopen");
  return fails(Kind::open) ? failure(EMFILE, static_cast<FILE*>(nullptr)) : real(path, mode);
}

FILE* fopen64(const char* path, const char* mode) {
  static auto* const real = next<decltype(fopen64)>("fopen64");
  return fails(Kind::open) ? failure(EMFILE, static_cast<FILE*>(nullptr)) : real(path, mode);
}

/// The file is closed, but some of it was not written.
int close(int file) {
  static auto* const real = next<decltype(close)>("close");
  const int result = real(file);
  return fails(Kind::close) ? failure(EIO, -1) : result;
}

int fclose(FILE* stream) {
  static auto* const real = next<decltype(fclose)>("fclose");
  const int result = real(stream);
  return fails(Kind::close) ? failure(EIO, EOF) : result;
}

ssize_t pread(int file, void* bytes, size_t count, off_t offset) {
  static auto* const real = next<decltype(pread)>("pread");
  return fails(Kind::read) ? failure(EIO, ssize_t{-1}) : real(file, bytes, count, offset);
}

ssize_t read(int file, void* bytes, size_t count) {
  static auto* const real = next<decltype(read)>("read");
  return fails(Kind::read) ? failure(EIO, ssize_t{-1}) : real(file, bytes, count);
}

void* malloc(size_t size) noexcept {
  static auto* const real = next<decltype(malloc)>("malloc");
  return no_memory() ? failure<void*>(ENOMEM, nullptr) : allocated(real, size);
}

void* calloc(size_t count, size_t size) noexcept {
  static auto* const real = next<decltype(calloc)>("calloc");
  return no_memory() ? failure<void*>(ENOMEM, nullptr) : allocated(real, count, size);
}

void* realloc(void* block, size_t size) noexcept {
  static auto* const real = next<decltype(realloc)>("realloc");
  return no_memory() ? failure<void*>(ENOMEM, nullptr) : allocated(real, block, size);
}

void* aligned_alloc(size_t alignment, size_t size) noexcept {
  static auto* const real = next<decltype(aligned_alloc)>("aligned_alloc");
  return no_memory() ? failure<void*>(ENOMEM, nullptr) : allocated(real, alignment, size);
}

int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  static auto* const real = next<decltype(posix_memalign)>("posix_memalign");
  if (no_memory()) return ENOMEM;
  const Inside inside;
  return real(block, alignment, size);
}

}  // extern "C"

// Where a sanitizer replaces these, they do not call malloc.
void* operator new(std::size_t size) {
  static auto* const real = next<void*(std::size_t)>("_Znwm");
  return allocated_or_thrown(real, size);
}
void* operator new[](std::size_t size) {
  static auto* const real = next<void*(std::size_t)>("_Znam");
  return allocated_or_thrown(real, size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  static auto* const real = next<void*(std::size_t, std::align_val_t)>("_ZnwmSt11align_val_t");
  return allocated_or_thrown(real, size, alignment);
}
