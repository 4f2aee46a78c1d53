// Ranks that are threads of one process: what ranks compute can be tested without MPI.
#pragma once

#include <algorithm>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <thread>
#include <vector>

#include "neb/distributed/all_reduce.hpp"

namespace neb::test {

/// Where they meet: each shows the others its numbers, in an order of combining that is not that of ranks.
class Meeting {
 public:
  explicit Meeting(int ranks) : count(ranks), numbers(static_cast<std::size_t>(ranks)), barrier(ranks) {}

  const int count;
  std::vector<std::span<std::int64_t>> numbers;
  std::span<std::byte> bytes;
  std::span<const std::byte> source;
  std::barrier<> barrier;
};

class ThreadRank {
 public:
  ThreadRank(Meeting& meeting, int rank, bool alike = true) : meeting_(&meeting), rank_(rank), alike_(alike) {}

  int rank() const { return rank_; }
  int count() const { return meeting_->count; }
  bool alike() const { return alike_; }
  std::size_t numbers_sent() const { return numbers_sent_; }

  void max(std::span<std::int64_t> mine) {
    reduce(mine, [](std::int64_t a, std::int64_t b) { return std::max(a, b); });
  }
  void sum(std::span<std::int64_t> mine) {
    reduce(mine, [](std::int64_t a, std::int64_t b) { return a + b; });
  }
  void broadcast(std::span<std::byte> bytes) {
    if (rank_ == 0) meeting_->bytes = bytes;
    meeting_->barrier.arrive_and_wait();
    if (rank_ != 0) std::copy(meeting_->bytes.begin(), meeting_->bytes.end(), bytes.begin());
    meeting_->barrier.arrive_and_wait();
  }
  void scatter(std::span<const std::byte> all, std::span<const std::size_t> sizes, std::span<std::byte> mine) {
    if (rank_ == 0) meeting_->source = all;
    meeting_->barrier.arrive_and_wait();
    const auto part = meeting_->source.subspan(begin_of(sizes), mine.size());
    std::copy(part.begin(), part.end(), mine.begin());
    meeting_->barrier.arrive_and_wait();
  }
  void gather(std::span<const std::byte> mine, std::span<const std::size_t> sizes, std::span<std::byte> all) {
    if (rank_ == 0) meeting_->bytes = all;
    meeting_->barrier.arrive_and_wait();
    std::copy(mine.begin(), mine.end(), meeting_->bytes.begin() + static_cast<std::ptrdiff_t>(begin_of(sizes)));
    meeting_->barrier.arrive_and_wait();
  }

 private:
  std::size_t begin_of(std::span<const std::size_t> sizes) const {
    return std::accumulate(sizes.begin(), sizes.begin() + rank_, std::size_t{0});
  }

  template <class Combine>
  void reduce(std::span<std::int64_t> mine, const Combine& combine) {
    numbers_sent_ += mine.size();
    meeting_->numbers[static_cast<std::size_t>(rank_)] = mine;
    meeting_->barrier.arrive_and_wait();
    std::vector<std::int64_t> total(mine.begin(), mine.end());
    for (int step = 1; step < count(); ++step) {
      const auto other = meeting_->numbers[static_cast<std::size_t>((rank_ + step) % count())];
      for (std::size_t i = 0; i < total.size(); ++i) total[i] = combine(total[i], other[i]);
    }
    meeting_->barrier.arrive_and_wait();
    std::copy(total.begin(), total.end(), mine.begin());
    meeting_->barrier.arrive_and_wait();
  }

  Meeting* meeting_;
  int rank_;
  bool alike_;
  std::size_t numbers_sent_ = 0;
};
static_assert(AllReduce<ThreadRank> && AllReduce<OneProcess>);

/// Calls `work(rank)` on so many ranks at once. What `work` throws ends the program: the others would wait for it.
template <class Work>
void on_ranks(int count, const Work& work, bool alike = true) {
  Meeting meeting(count);
  std::vector<std::jthread> threads;
  for (int number = 0; number < count; ++number)
    threads.emplace_back([&, number] {
      ThreadRank rank(meeting, number, alike);
      work(rank);
    });
}

}  // namespace neb::test
