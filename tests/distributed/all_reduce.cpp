#include "neb/distributed/all_reduce.hpp"

#include <doctest/doctest.h>

#include <array>

#include "distributed/thread_ranks.hpp"
#include "neb/distributed/agreement.hpp"

using namespace neb;

TEST_CASE("share_of: parts follow each other without a gap, and differ by one at most") {
  for (const Index count : {0, 1, 5, 16, 37})
    for (const Index parts : {1, 2, 3, 8, 40}) {
      CAPTURE(count);
      CAPTURE(parts);
      Index end = 0;
      for (Index part = 0; part < parts; ++part) {
        const Share share = share_of(count, parts, part);
        CHECK(share.begin == end);
        CHECK(share.size() >= count / parts);
        CHECK(share.size() <= count / parts + 1);
        end = share.end;
      }
      CHECK(end == count);
    }
}

TEST_CASE("one process: is alone, and leaves numbers and bytes as they are") {
  CHECK(one_process.rank() == 0);
  CHECK(one_process.count() == 1);
  CHECK(one_process.alike());
  std::array<std::int64_t, 2> numbers{3, -4};
  one_process.max(numbers);
  one_process.sum(numbers);
  one_process.broadcast(std::as_writable_bytes(std::span(numbers)));
  CHECK(numbers == std::array<std::int64_t, 2>{3, -4});
  std::array<std::int64_t, 2> copy{}, again{};
  const std::array<std::size_t, 1> sizes{sizeof numbers};
  one_process.scatter(std::as_bytes(std::span(numbers)), sizes, std::as_writable_bytes(std::span(copy)));
  one_process.gather(std::as_bytes(std::span(copy)), sizes, std::as_writable_bytes(std::span(again)));
  CHECK(again == numbers);
}

TEST_CASE("check_agreement: names what differs and where, on every rank alike") {
  test::on_ranks(4, [](test::ThreadRank& rank) {
    std::vector<SharedFact> facts{{"images", 7}, {"options", ~0ULL}, {"program", 1}};
    CHECK_NOTHROW(check_agreement(std::span<const SharedFact>(facts), rank));
    if (rank.rank() >= 2) facts[1].checksum = 5;
    CHECK_THROWS_WITH_AS(check_agreement(std::span<const SharedFact>(facts), rank),
                         "the options of rank 2 are not those of rank 0", Error);
    if (rank.rank() == 3) facts[0].checksum = 8;
    CHECK_THROWS_WITH_AS(check_agreement(std::span<const SharedFact>(facts), rank),
                         "the images of rank 3 are not those of rank 0; the options of rank 2 are not those of rank 0",
                         Error);
  });
}
