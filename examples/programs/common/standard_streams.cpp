#include "common/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

namespace examples {

namespace {

int failure = 0;

}  // namespace

void open_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream)
    if (::fcntl(stream, F_GETFD) == -1 && errno == EBADF) ::open("/dev/null", O_RDWR);  // takes the lowest free number
  std::signal(SIGPIPE, SIG_IGN);
}

void flush_output() {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (failed && failure == 0) failure = errno != 0 ? errno : EIO;
}

int output_failure() {
  flush_output();
  return failure == EPIPE ? 0 : failure;
}

}  // namespace examples
