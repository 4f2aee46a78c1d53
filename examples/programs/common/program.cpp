#include "common/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include <neb/core/parallel.hpp>
#include <neb/core/precision.hpp>
#include <neb/io/png.hpp>
#include <neb/io/utf8.hpp>

#include "common/standard_streams.hpp"

namespace examples {

namespace {

constexpr const char* out_of_memory =
    "out of memory; try a smaller network, a smaller batch, or fewer images or chains";

/// Writes `text`, whatever a path or a file's content put into it: a space for a control character, of which a line's end may be
/// `kept`, and '?' for a byte that is no UTF-8. Takes no memory: there may be none.
void put(std::FILE* stream, std::string_view text, char kept = '\0') {
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(neb::utf8_sequence(text), 1);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool control =
        first < 0x20 || first == 0x7F || (length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0);
    if (control && text[0] != kept)
      std::fputc(' ', stream);
    else if (length == 1 && first >= 0x80)
      std::fputc('?', stream);
    else
      std::fwrite(text.data(), 1, length, stream);
    text.remove_prefix(length);
  }
}

/// Writes `text` to stderr in one line of at most 2 000 bytes.
void put_line(std::string_view text) {
  constexpr std::size_t longest = 2000;
  put(stderr, text.substr(0, longest));
  std::fputs(text.size() > longest ? "...\n" : "\n", stderr);
}

/// Says why the program ends. Of several ranks, which may all have the same reason, rank 0 has the first word, and the others speak
/// only if they are not ended by it.
int fail(int code, const char* name, const char* message, Ranks* ranks) {
  const int rank = ranks != nullptr ? ranks->rank() : 0;
  if (rank > 0) ::usleep(500'000);
  flush_output();
  std::fprintf(stderr, "%s: ", name);
  if (rank > 0) std::fprintf(stderr, "rank %d: ", rank);
  put_line(message);
  if (ranks != nullptr && ranks->count() > 1) {
    ::usleep(300'000);  // launchers lose what was written just before the end
    ranks->end(code);
  }
  return code;
}

Program start(const CommandLine& line, std::shared_ptr<Ranks> ranks) {
  Program program{.name = line.about().name, .seed = line.seed(), .out = line.text("out"), .quiet = line.quiet()};
  program.ranks = std::move(ranks);
  if (program.ranks->rank() > 0) program.quiet = true;
  if (line.given("threads")) {
    const neb::Index threads = line.count("threads");
    if (threads > 1024) line.reject("threads", "a whole number from 1 to 1024");
    neb::set_threads(static_cast<int>(threads));
  } else if (program.ranks->count() > 1) {
    neb::set_threads(program.ranks->threads(neb::threads()));
  }
  if (line.text("precision") == "fast")
    neb::set_conv2d_precision(neb::Conv2dPrecision::fast);
  else if (line.text("precision") != "accurate")
    line.reject("precision", "accurate or fast");
  if (line.given("out") && program.out.empty()) line.reject("out", "a folder");
  if (!program.out.empty() && program.ranks->rank() == 0) make_folder(program.out);
  return program;
}

}  // namespace

void Program::print(const char* format, ...) const {
  if (quiet) return;
  std::va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  std::string text(static_cast<std::size_t>(std::max(std::vsnprintf(nullptr, 0, format, arguments), 0)), '\0');
  std::vsnprintf(text.data(), text.size() + 1, format, again);
  va_end(again);
  va_end(arguments);
  put(stdout, text, '\n');
  flush_output();
}

void Program::warn(const std::string& message) const {
  flush_output();
  std::fprintf(stderr, "%s: ", name.c_str());
  put_line(message);
}

std::string Program::picture_file(const std::string& stem) { return stem + (neb::png_available ? ".png" : ".ppm"); }

void Program::write_summary(const Summary& summary) const {
  if (!out.empty() && ranks->rank() == 0) write_json(path("summary.json"), summary);
}

std::string shell_word(const std::string& text) {
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./,=:@%") ==
      std::string::npos)
    return text;
  std::string quoted = "'";
  for (const char letter : text) quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return quoted + "'";
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && !std::filesystem::is_directory(path)) error = std::make_error_code(std::errc::not_a_directory);
  if (!error && ::access(path.c_str(), W_OK | X_OK) != 0) error = std::make_error_code(std::errc::permission_denied);
  if (error)
    throw UsageError(path + ": cannot be written to: " + error.message() + "; name another folder (--out DIR)");
}

int run(int argc, const char* const* argv, CommandLine (*command_line)(),
        const std::function<void(Program&, const CommandLine&)>& body) {
  const char* const path = argc > 0 ? argv[0] : "neb";
  const char* const slash = std::strrchr(path, '/');
  const char* const name = slash != nullptr ? slash + 1 : path;
  int code = 0;
  std::shared_ptr<Ranks> ranks;
  try {
    open_standard_streams();
    CommandLine line = command_line();
    ranks = std::make_shared<Ranks>(Ranks::join());
    if (!line.parse(argc, argv)) {
      if (ranks->rank() == 0) std::fputs(line.help().c_str(), stdout);
    } else {
      if (ranks->count() > 1 && !line.about().shares_work)
        throw UsageError("runs in one process; start it without an MPI launcher");
      check_input([&] { ranks->check_same_start(argc, argv, line.about().shares_work && line.given("mixed")); });
      Program program = start(line, ranks);
      body(program, line);
      code = program.exit_code;
    }
  } catch (const UsageError& error) {
    return fail(2, name, error.what(), ranks.get());
  } catch (const std::bad_alloc&) {
    return fail(1, name, out_of_memory, ranks.get());
  } catch (const std::length_error&) {
    return fail(1, name, out_of_memory, ranks.get());
  } catch (const std::exception& error) {
    return fail(1, name, error.what(), ranks.get());
  }
  if (const int failure = output_failure(); failure != 0) {
    std::fprintf(stderr, "%s: standard output cannot be written: %s\n", name, std::strerror(failure));
    return code == 0 ? 1 : code;
  }
  return code;
}

}  // namespace examples
