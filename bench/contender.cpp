#include "contender.hpp"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "other_work.hpp"

namespace bench {

// Delegates, so that the destructor runs when something throws.
Contender::Contender(const std::vector<std::string>& command) : Contender() {
  std::vector<char*> arguments;
  for (const std::string& word : command) {
    name_ += (name_.empty() ? "" : " ") + word;
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail(std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  const int error = posix_spawnp(&process_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  socket_ = ends[0];
  if (error != 0) {
    process_ = -1;
    fail(std::strerror(error));
  }
  const std::string line = read_line();
  takes_part_ = line.starts_with("ready ");
  if (!takes_part_ && !line.starts_with("skip ")) fail("said '" + line + "' where 'ready' was expected");
  facts_ = line.substr(line.find(' ') + 1);
}

Contender::Contender(Contender&& other) noexcept
    : name_(std::move(other.name_)),
      facts_(std::move(other.facts_)),
      takes_part_(other.takes_part_),
      socket_(std::exchange(other.socket_, -1)),
      process_(std::exchange(other.process_, -1)) {}

Contender::~Contender() {
  if (socket_ >= 0) close(socket_);
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

Turn Contender::turn(double seconds) {
  const std::string request = std::to_string(seconds) + "\n";
  if (send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    fail("does not listen");
  const std::string line = read_line();
  Turn turn;
  if (std::sscanf(line.c_str(), "%lf %lf", &turn.median, &turn.minimum) != 2 || !(turn.minimum > 0))
    fail("said '" + line + "' where times were expected");
  return turn;
}

double Contender::finish() {
  shutdown(socket_, SHUT_WR);
  const std::string line = read_line();
  double megabytes = 0;
  if (std::sscanf(line.c_str(), "%lf", &megabytes) != 1) fail("said '" + line + "' where its memory was expected");
  return megabytes;
}

double Contender::cpu_seconds() const {
  std::ifstream file("/proc/" + std::to_string(process_) + "/stat");
  std::stringstream text;
  text << file.rdbuf();
  return process_seconds(text.str());
}

std::string Contender::read_line() {
  std::string line;
  for (char c;;) {
    const ssize_t count = read(socket_, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count != 1) fail("ended where it should have answered");
    if (c == '\n') return line;
    line += c;
  }
}

void Contender::fail(const std::string& what) const { throw std::runtime_error(name_ + ": " + what); }

}  // namespace bench
