#include "programs/run_program.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "io/scratch.hpp"
#include "neb/io/png.hpp"

namespace neb::test {

bool Outcome::one_line_with(const std::string& text) const {
  const bool one_line = !err.empty() && err.find('\n') == err.size() - 1;
  const bool says_it = err.find(text) != std::string::npos;
  if (!one_line || !says_it) MESSAGE("stderr, which should be one line with \"", text, "\": ", err);
  return one_line && says_it;
}

Running::Running(const std::string& program, const Arguments& arguments, const std::string& in,
                 const std::string& error_file)
    : folder_(in) {
  const std::string path = program.starts_with('/') ? program : NEB_PROGRAM_DIR "/" + program;
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  ::posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addchdir_np(&actions, in.c_str());
  ::posix_spawn_file_actions_addopen(&actions, 1, "stdout", O_WRONLY | O_CREAT | O_TRUNC, 0666);
  ::posix_spawn_file_actions_addopen(&actions, 2, error_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, 0666);
  // Whoever runs the tests in the background may have them ignore SIGINT; the program must not inherit that.
  ::posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int error = ::posix_spawn(&process_, path.c_str(), &actions, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  REQUIRE_MESSAGE(error == 0, path, " does not start");
}

Running::~Running() {
  if (process_ <= 0) return;
  send(SIGKILL);
  wait();
}

void Running::send(int signal) const { ::kill(process_, signal); }

Outcome Running::wait() {
  int status = 0;
  while (::waitpid(process_, &status, 0) == -1 && errno == EINTR) continue;
  process_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), content_of(folder_ + "/stdout"),
          content_of(folder_ + "/stderr")};
}

Outcome run_program(const std::string& program, const Arguments& arguments, const std::string& in) {
  return Running(program, arguments, in).wait();
}

Outcome run_in_shell(const std::string& command, const std::string& in) {
  return run_program("/bin/sh", {"-c", "PATH=" NEB_PROGRAM_DIR ":$PATH; " + command}, in);
}

std::string shown_on_terminal(const std::string& program, const Arguments& arguments, const std::string& in) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  ::setenv("TERM", "xterm", 1);
  Running running(program, arguments, in, ::ptsname(terminal));
  std::string shown;
  char buffer[4096];
  for (ssize_t count; (count = ::read(terminal, buffer, sizeof buffer)) > 0;)  // until the program closes its side
    shown.append(buffer, static_cast<std::size_t>(count));
  ::close(terminal);
  CHECK(running.wait().code == 0);
  return shown;
}

nlohmann::json read_json(const std::string& path) {
  const std::string text = content_of(path);
  CHECK_MESSAGE(!text.empty(), path, " is missing or empty");
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

bool is_picture(const std::string& path) {
  if (!png_available) return content_of(path + ".ppm").starts_with("P6\n");
  const std::string bytes = content_of(path + ".png");
  return bytes.starts_with("\x89PNG\r\n\x1a\n") && bytes.ends_with("IEND\xAE\x42\x60\x82");
}

}  // namespace neb::test
