/// Ranks that are processes started by an MPI launcher. The only header of neb that needs MPI; nothing else includes it.
#pragma once

// MPI's C++ interface, which it has given up, neither compiles without warnings nor links without its library.
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX
#endif
#include <mpi.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "neb/core/error.hpp"
#include "neb/distributed/all_reduce.hpp"

namespace neb {

/// All processes of an MPI job, from its construction, once in a process, to its destruction. Whichever rank destroys it while an
/// exception is on its way ends the others, too: they would wait for it. Errors of MPI itself end all ranks with MPI's message.
/// MPI is called by the thread that calls these functions, one at a time.
class Mpi {
 public:
  /// Joins the job. Throws Error when MPI cannot be called from one thread among several.
  Mpi() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    if (provided < MPI_THREAD_FUNNELED) throw Error("Mpi: this MPI does not allow a process to have threads");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &count_);
  }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;
  ~Mpi() {
    if (std::uncaught_exceptions() > exceptions_) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
  }

  int rank() const { return rank_; }                   ///< which one this process is, from 0 on
  int count() const { return count_; }                 ///< how many there are
  bool alike() const { return alike_; }                ///< whether all compute the same bits
  void set_alike(bool alike) { alike_ = alike; }       ///< says whether they do, on all ranks
  std::uint64_t bytes_sent() const { return bytes_; }  ///< the payload that this rank gave to MPI so far
  double seconds() const { return seconds_; }  ///< that this rank spent in MPI so far, waiting for others included

  /// How many ranks share this machine.
  int on_this_machine() const {
    MPI_Comm here = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &here);
    int count = 1;
    MPI_Comm_size(here, &count);
    MPI_Comm_free(&here);
    return count;
  }

  /// The largest of each number over all ranks.
  void max(std::span<std::int64_t> numbers) { reduce(numbers, MPI_MAX); }
  /// The sum of each number over all ranks.
  void sum(std::span<std::int64_t> numbers) { reduce(numbers, MPI_SUM); }

  /// The bytes of rank 0.
  void broadcast(std::span<std::byte> bytes) {
    for_pieces(bytes.size(), 1 << 30, [&](std::size_t begin, int size) {
      call(rank_ == 0 ? size : 0, [&] { MPI_Bcast(bytes.data() + begin, size, MPI_BYTE, 0, MPI_COMM_WORLD); });
    });
  }

  /// Cuts rank 0's bytes into pieces. Throws ValueError for 2 GB or more at once.
  void scatter(std::span<const std::byte> all, std::span<const std::size_t> sizes, std::span<std::byte> mine) {
    const Layout layout(sizes);
    call(static_cast<int>(all.size()), [&] {
      MPI_Scatterv(all.data(), layout.sizes.data(), layout.begins.data(), MPI_BYTE, mine.data(),
                   static_cast<int>(mine.size()), MPI_BYTE, 0, MPI_COMM_WORLD);
    });
  }

  /// Puts the pieces together on rank 0. Throws ValueError for 2 GB or more at once.
  void gather(std::span<const std::byte> mine, std::span<const std::size_t> sizes, std::span<std::byte> all) {
    const Layout layout(sizes);
    call(rank_ == 0 ? 0 : static_cast<int>(mine.size()), [&] {
      MPI_Gatherv(mine.data(), static_cast<int>(mine.size()), MPI_BYTE, all.data(), layout.sizes.data(),
                  layout.begins.data(), MPI_BYTE, 0, MPI_COMM_WORLD);
    });
  }

  /// Ends all ranks, with that exit code.
  [[noreturn]] void abort(int code) {
    MPI_Abort(MPI_COMM_WORLD, code);
    std::terminate();
  }

 private:
  /// Where pieces lie, as MPI counts.
  struct Layout {
    std::vector<int> sizes, begins;

    explicit Layout(std::span<const std::size_t> pieces) {
      std::size_t begin = 0;
      for (const std::size_t size : pieces) {
        if (begin + size > INT_MAX)
          throw ValueError("Mpi: shares less than 2 GB at a time, got more than " + std::to_string(begin) +
                           " bytes; share fewer rows");
        begins.push_back(static_cast<int>(begin));
        sizes.push_back(static_cast<int>(size));
        begin += size;
      }
    }
  };

  /// Calls f(begin, size) for pieces of at most `most` of `size` things: MPI counts in int.
  template <class F>
  static void for_pieces(std::size_t size, std::size_t most, F&& f) {
    for (std::size_t begin = 0; begin < size; begin += most) f(begin, static_cast<int>(std::min(most, size - begin)));
  }

  void reduce(std::span<std::int64_t> numbers, MPI_Op operation) {
    for_pieces(numbers.size(), 1 << 24, [&](std::size_t begin, int size) {
      call(size * static_cast<int>(sizeof(std::int64_t)),
           [&] { MPI_Allreduce(MPI_IN_PLACE, numbers.data() + begin, size, MPI_INT64_T, operation, MPI_COMM_WORLD); });
    });
  }

  /// Calls MPI, to which this rank gives so many bytes.
  template <class F>
  void call(int bytes, F&& mpi) {
    const double start = MPI_Wtime();
    mpi();
    seconds_ += MPI_Wtime() - start;
    bytes_ += static_cast<std::uint64_t>(bytes);
  }

  int rank_ = 0, count_ = 1, exceptions_ = std::uncaught_exceptions();
  bool alike_ = true;
  std::uint64_t bytes_ = 0;
  double seconds_ = 0;
};

}  // namespace neb
