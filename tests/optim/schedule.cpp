#include "neb/optim/schedule.hpp"

#include <doctest/doctest.h>

#include "nn/support.hpp"

using namespace neb;

TEST_CASE("schedule: factors of the learning rate over a run") {
  for (const double p : {0.0, 0.3, 1.0}) {
    CHECK(schedule_factor(Schedule::constant, p) == 1);
    CHECK(schedule_factor(Schedule::linear, p) == doctest::Approx(1 - p));
  }
  CHECK(schedule_factor(Schedule::cosine, 0) == 1);
  CHECK(schedule_factor(Schedule::cosine, 1.0 / 3) == doctest::Approx(0.75));
  CHECK(schedule_factor(Schedule::cosine, 0.5) == doctest::Approx(0.5));
  CHECK(schedule_factor(Schedule::cosine, 1) == doctest::Approx(0));
  for (const double p : {0.0, 0.3, 0.7}) CHECK(schedule_factor(Schedule::trapezoid, p) == 1);
  CHECK(schedule_factor(Schedule::trapezoid, 0.85) == doctest::Approx(0.5));
  CHECK(schedule_factor(Schedule::trapezoid, 1) == 0);
}

TEST_CASE("schedule: warm-up rises linearly and multiplies the factor") {
  CHECK(schedule_factor(Schedule::constant, 0, 0.2) == 0);
  CHECK(schedule_factor(Schedule::constant, 0.05, 0.2) == doctest::Approx(0.25));
  CHECK(schedule_factor(Schedule::constant, 0.2, 0.2) == doctest::Approx(1));
  CHECK(schedule_factor(Schedule::linear, 0.1, 0.2) == doctest::Approx(0.5 * 0.9));
  CHECK(schedule_factor(Schedule::cosine, 0.5, 0.2) == doctest::Approx(0.5));
  CHECK(schedule_factor(Schedule::cosine, 1.0 / 3, 2.0 / 3) == doctest::Approx(0.5 * 0.75));
}

TEST_CASE("schedule: progress outside [0, 1] counts as its nearest end") {
  CHECK(schedule_factor(Schedule::linear, -1) == 1);
  CHECK(schedule_factor(Schedule::linear, 2) == 0);
  CHECK(schedule_factor(Schedule::cosine, 2) == doctest::Approx(0));
}

TEST_CASE("schedule: names, and what is none") {
  CHECK(schedule_named("constant") == Schedule::constant);
  CHECK(schedule_named("linear") == Schedule::linear);
  CHECK(schedule_named("cosine") == Schedule::cosine);
  CHECK(schedule_named("trapezoid") == Schedule::trapezoid);
  CHECK(test::message_of<ValueError>([] { schedule_named("step"); }) ==
        "schedule: expects constant, linear, cosine or trapezoid, got step");
}
