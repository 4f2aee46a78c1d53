#include "common/ranks.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include <neb/distributed/agreement.hpp>
#include <neb/io/checksum.hpp>
#include <neb/io/file.hpp>
#include <neb/io/number_text.hpp>

#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif
#ifdef NEB_WITH_MPI
#include <neb/distributed/mpi.hpp>
#endif

namespace examples {

namespace {

/// What launchers tell the processes that they start: how many there are, where it is known by name.
constexpr const char* launched_by[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_FD"};

/// What bits depend on beside the program: its processor, by what libraries choose their code by, the library of functions, and what
/// that is told not to use.
std::uint64_t checksum_of_processor() {
  neb::Checksum checksum;
#if defined(__x86_64__)
  __builtin_cpu_init();
  for (const bool feature : {__builtin_cpu_supports("sse4.1") != 0, __builtin_cpu_supports("avx") != 0,
                             __builtin_cpu_supports("avx2") != 0, __builtin_cpu_supports("fma") != 0,
                             __builtin_cpu_supports("fma4") != 0, __builtin_cpu_supports("avx512f") != 0})
    checksum.add(feature ? "1" : "0");
#endif
#if defined(__GLIBC__)
  checksum.add(gnu_get_libc_version());
  if (const char* const tunables = std::getenv("GLIBC_TUNABLES"); tunables != nullptr) checksum.add(tunables);
#endif
  return checksum.value();
}

std::uint64_t checksum_of_program() {
  neb::Checksum checksum;
  checksum.add(neb::read_file("/proc/self/exe"));
  return checksum.value();
}

std::uint64_t checksum_of_arguments(int argc, const char* const* argv) {
  neb::Checksum checksum;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--threads") ++i;
    if (!argument.starts_with("--threads")) checksum.add(argument);
  }
  return checksum.value();
}

}  // namespace

struct Ranks::Job {
#ifdef NEB_WITH_MPI
  using Processes = neb::Mpi;
#else
  struct Processes : neb::OneProcess {
    void set_alike(bool) {}
    int on_this_machine() const { return 1; }
    std::uint64_t bytes_sent() const { return 0; }
    double seconds() const { return 0; }
    void abort(int code) { std::exit(code); }
  };
#endif

  Processes processes;
  std::vector<std::string> copies;

  ~Job() {
    std::error_code ignored;
    for (const std::string& copy : copies) std::filesystem::remove(copy, ignored);
  }
};

Ranks::Ranks() = default;
Ranks::Ranks(Ranks&&) noexcept = default;
Ranks::~Ranks() = default;

Ranks Ranks::join() {
  Ranks ranks;
#ifdef NEB_WITH_MPI
  const bool launched = std::any_of(std::begin(launched_by), std::end(launched_by),
                                    [](const char* name) { return std::getenv(name) != nullptr; });
  if (launched) ranks.job_ = std::make_unique<Job>();
#else
  for (const char* name : {launched_by[0], launched_by[1]}) {
    const char* const count = std::getenv(name);
    if (count != nullptr && std::strcmp(count, "1") != 0)
      throw UsageError("an MPI launcher started " + std::string(count) +
                       " processes, but this program was built without MPI; configure with -DNEB_WITH_MPI=ON");
  }
#endif
  return ranks;
}

int Ranks::rank() const { return job_ ? job_->processes.rank() : 0; }
int Ranks::count() const { return job_ ? job_->processes.count() : 1; }
bool Ranks::alike() const { return !job_ || job_->processes.alike(); }
void Ranks::max(std::span<std::int64_t> numbers) {
  if (job_) job_->processes.max(numbers);
}
void Ranks::sum(std::span<std::int64_t> numbers) {
  if (job_) job_->processes.sum(numbers);
}
void Ranks::broadcast(std::span<std::byte> bytes) {
  if (job_) job_->processes.broadcast(bytes);
}
void Ranks::scatter(std::span<const std::byte> all, std::span<const std::size_t> sizes, std::span<std::byte> mine) {
  job_ ? job_->processes.scatter(all, sizes, mine) : neb::one_process.scatter(all, sizes, mine);
}
void Ranks::gather(std::span<const std::byte> mine, std::span<const std::size_t> sizes, std::span<std::byte> all) {
  job_ ? job_->processes.gather(mine, sizes, all) : neb::one_process.gather(mine, sizes, all);
}

void Ranks::check_same_start(int argc, const char* const* argv, bool mixed) {
  if (count() == 1) return;
  std::vector<neb::SharedFact> facts{{"arguments", checksum_of_arguments(argc, argv)}};
  if (mixed) {
    job_->processes.set_alike(false);
  } else {
    facts.push_back({"program and libraries", checksum_of_program()});
    facts.push_back({"processors", checksum_of_processor()});
  }
  neb::check_agreement(std::span<const neb::SharedFact>(facts), *this);
}

std::string Ranks::copy_of(const std::string& file) {
  if (count() == 1 || file.empty()) return file;
  std::vector<std::byte> bytes;
  if (rank() == 0) bytes = neb::read_file(file);
  std::size_t size = bytes.size();
  broadcast(std::as_writable_bytes(std::span(&size, 1)));
  bytes.resize(size);
  broadcast(bytes);
  if (rank() == 0) return file;
  std::string copy = (std::filesystem::temp_directory_path() / "neb-XXXXXX").string();
  const int descriptor = ::mkstemp(copy.data());
  if (descriptor < 0) throw neb::file_error(copy, std::string("cannot be made: ") + std::strerror(errno));
  ::close(descriptor);
  job_->copies.push_back(copy);
  neb::write_file(copy, neb::ByteSpan(bytes));
  return copy;
}

int Ranks::threads(int most) const {
  if (!job_) return most;
  const long processors = ::sysconf(_SC_NPROCESSORS_ONLN);
  return static_cast<int>(std::clamp<long>(processors / job_->processes.on_this_machine(), 1, most));
}

std::uint64_t Ranks::bytes_sent() const { return job_ ? job_->processes.bytes_sent() : 0; }
double Ranks::seconds() const { return job_ ? job_->processes.seconds() : 0; }

void Ranks::end(int exit_code) {
  if (job_) job_->processes.abort(exit_code);
}

}  // namespace examples
