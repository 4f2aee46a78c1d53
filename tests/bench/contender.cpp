/// The conversation between a driver and its workers.
#include "bench/contender.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/other_work.hpp"
#include "bench/rounds.hpp"
#include "bench/statistics.hpp"
#include "bench/worker.hpp"

using namespace bench;

namespace {

const std::string worker = NEB_SMALL_WORKER;

std::string failure_of(const std::vector<std::string>& command) {
  try {
    Contender(command).turn(0.01);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a worker says what it is, takes turns, and tells its memory at the end") {
  Contender contender({worker, "nap", "0.002"});
  REQUIRE(contender.takes_part());
  CHECK(contender.facts() == "napping");
  for (const double seconds : {0.02, 0.001}) {
    const Turn turn = contender.turn(seconds);
    CHECK(turn.minimum >= 0.002);
    CHECK(turn.median >= turn.minimum);
  }
  CHECK(contender.cpu_seconds() >= 0);
  const double megabytes = contender.finish();
  CHECK(megabytes > 0.1);
  CHECK(megabytes < 1000);
}

TEST_CASE("a worker may decline") {
  const Contender contender({worker, "skip", "0"});
  CHECK_FALSE(contender.takes_part());
  CHECK(contender.facts() == "not on Fridays");
}

TEST_CASE("a worker that does not do as agreed is named") {
  CHECK(failure_of({worker, "babble", "0"}) == worker + " babble 0: said 'good morning' where 'ready' was expected");
  CHECK(failure_of({worker, "die", "0"}) == worker + " die 0: ended where it should have answered");
  CHECK(failure_of({"/nowhere/worker"}) == "/nowhere/worker: No such file or directory");
}

TEST_CASE("every round has a turn of every contender, and ratios are formed within it") {
  std::vector<Contender> contenders;
  for (const char* seconds : {"0.006", "0.002"})
    contenders.emplace_back(std::vector<std::string>{worker, "nap", seconds});
  Options options;
  options.seconds = 0.02;
  options.rounds = 3;
  options.busy = true;
  const Results results = take_rounds(contenders, options);
  REQUIRE(results.contenders.size() == 2);
  for (const Result& result : results.contenders) {
    CHECK(result.times.size() == 3);
    CHECK(result.minimum <= *std::min_element(result.times.begin(), result.times.end()));
    CHECK(result.resident_mb > 0);
  }
  CHECK(results.contenders[0].minimum >= 0.006);
  CHECK(results.contenders[1].minimum >= 0.002);
  const Result a{.times = {6, 8}}, b{.times = {3, 2}};
  CHECK(ratios(a, b) == std::vector<double>{2, 4});
}

TEST_CASE("lists of numbers") {
  CHECK(numbers("1,22,333") == std::vector<long>{1, 22, 333});
  CHECK(numbers("7") == std::vector<long>{7});
  CHECK_THROWS_AS(numbers("1,x"), std::invalid_argument);
  CHECK_THROWS_AS(numbers(""), std::invalid_argument);
}
