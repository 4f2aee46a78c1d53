#include "neb/autodiff/profile.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "neb/autodiff/recompute.hpp"
#include "neb/core/random.hpp"
#include "neb/ops/conv2d.hpp"
#include "neb/ops/elementary.hpp"
#include "neb/ops/matmul.hpp"
#include "support.hpp"

using namespace neb;
using namespace neb::test;

namespace {

Profile::Row row_of(const Profile& profile, const std::string& operation, int order) {
  for (const Profile::Row& row : profile.rows())
    if (row.operation == operation && row.order == order) return row;
  FAIL("no row of " << operation);
  return {};
}

struct Slow {
  static constexpr const char* name = "slow";
  Tensor<double> forward(const Tensor<double>& x) const {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return x;
  }
  Var<double> vjp(Index, const Var<double>& g, const Var<double>&) const { return g; }
};

/// Runs another operation, after 8 MB of scratch.
struct Outer {
  static constexpr const char* name = "outer";
  Tensor<double> forward(const Tensor<double>& x) const {
    { const Tensor<double> scratch({1'000'000}); }
    return apply(Slow(), Var<double>::constant(x)).value();
  }
  Var<double> vjp(Index, const Var<double>& g, const Var<double>&) const { return g; }
};

}  // namespace

TEST_CASE("a profile counts operations, bytes and flops by order of derivative") {
  const auto x = vector({1, 2, 3});
  const auto y = x * square(x);
  const Profile profile;
  const auto slope = grad(sum(y), x, {.create_graph = true});
  grad(sum(slope), x);
  CHECK(row_of(profile, "sum_to", 0).count == 2);
  CHECK(row_of(profile, "sum_to", 0).flops == 2 * 3);
  CHECK(row_of(profile, "sum_to", 0).bytes == 2 * (3 + 1) * 8);
  CHECK(row_of(profile, "broadcast_to", 1).count == 1);
  CHECK(row_of(profile, "broadcast_to", 2).count == 1);
  CHECK(profile.orders().size() == 3);
  Index count = 0;
  double seconds = 0;
  for (const Profile::Row& row : profile.rows()) {
    count += row.count;
    seconds += row.seconds;
  }
  CHECK(count == profile.orders().at(0).count + profile.orders().at(1).count + profile.orders().at(2).count);
  CHECK(seconds > 0);
  CHECK(seconds < profile.seconds());
}

TEST_CASE("matrix products and convolutions count multiplications and additions, in every derivative") {
  const auto a = Var<double>(Tensor<double>::ones({3, 4})), b = Var<double>(Tensor<double>::ones({4, 5}));
  const auto x = Var<double>(Tensor<double>::ones({2, 6, 5, 3})), w = Var<double>(Tensor<double>::ones({4, 3, 2, 3}));
  const Profile profile;
  grad(sum(matmul(a, b)), {a, b});
  grad(sum(conv2d(x, w, {.stride = 2, .padding = 1})), {x, w});
  CHECK(row_of(profile, "matmul", 0).flops == doctest::Approx(2 * 3 * 4 * 5).epsilon(1e-14));
  CHECK(row_of(profile, "matmul", 1).flops == doctest::Approx(2 * 2 * 3 * 4 * 5).epsilon(1e-14));
  const double convolution = 2. * (2 * 3 * 3 * 4) * (3 * 2 * 3);  // output (2, 3, 3, 4)
  CHECK(row_of(profile, "conv2d", 0).flops == convolution);
  CHECK(row_of(profile, "conv2d_input_grad", 1).flops == convolution);
  CHECK(row_of(profile, "conv2d_filter_grad", 1).flops == convolution);
}

TEST_CASE("a profile tells the memory that each order held and peaked at") {
  const Var<double> x(random_normal<double>({100'000}, Key(1)));
  const auto buffer = static_cast<double>(BufferPool::size_class(800'000 + buffer_alignment));
  const auto live = static_cast<double>(memory_stats().live);
  const Profile profile;
  Var<double> y = x;
  for (int i = 0; i < 3; ++i) y = exp(y);
  const auto total = sum(y);
  CHECK(profile.orders().at(0).held == doctest::Approx(3 * buffer).epsilon(1e-3));
  CHECK(profile.orders().at(0).peak == doctest::Approx(live + 3 * buffer).epsilon(1e-3));
  grad(total, x);
  CHECK(profile.orders().at(1).peak > live + 4 * buffer);
  CHECK(profile.orders().at(1).peak < live + 7 * buffer);
}

TEST_CASE("the peak of an operation includes its scratch, also around another operation") {
  const auto x = vector({1});
  const auto live = static_cast<double>(memory_stats().live);
  const Profile profile;
  apply(Outer(), x);
  -x;
  CHECK(profile.orders().at(0).peak > live + 8e6);
  CHECK(memory_stats().peak < static_cast<std::size_t>(live + 8e6));  // of the last operation
}

TEST_CASE("an operation inside of an operation counts its time once") {
  const auto x = vector({1});
  const Profile profile;
  apply(Outer(), x);
  CHECK(row_of(profile, "slow", 0).seconds > 0.02);
  CHECK(row_of(profile, "outer", 0).seconds < 0.02);
  CHECK(row_of(profile, "outer", 0).count == 1);
}

TEST_CASE("two profiles at once see the same, and what is recomputed is what it computes") {
  const auto x = vector({1});
  const Profile outer;
  const Profile inner;
  recompute([](const Var<double>& v) { return -v; }, x);
  for (const Profile* profile : {&outer, &inner}) {
    REQUIRE(profile->rows().size() == 1);
    CHECK(profile->rows()[0].operation == "negate");
    CHECK(profile->rows()[0].count == 1);
  }
}

TEST_CASE("a profile survives an operation that throws, and prints a table") {
  const auto x = vector({1, 2, 3});
  const Profile profile;
  CHECK_THROWS_AS(apply(ops::Add<double>{}, x, vector({1, 2})), ShapeError);
  exp(x);
  const std::string table = profile.table();
  CAPTURE(table);
  CHECK(table.starts_with("operation "));
  CHECK(table.find("\nexp  ") != std::string::npos);
  CHECK(table.find("between operations") != std::string::npos);
  CHECK(row_of(profile, "exp", 0).count == 1);
}

TEST_CASE("another thread's operations are not in the profile") {
  const Profile profile;
  std::thread([] { exp(vector({1})); }).join();
  CHECK(profile.rows().empty());
}

TEST_CASE("a profile sees cotangents that are added, in place as without it") {
  const auto x = Var<double>(Tensor<double>::ones({1'000'000}));
  const auto two = Var<double>::constant(Tensor<double>::full({1'000'000}, 2));
  const auto cotangent = Var<double>::constant(Tensor<double>::ones({1'000'000}));
  const Var<double> y = x * two + x * two + x * two + x * two;
  const auto peak_of_gradient = [&](const auto& measure) {
    reset_peak_memory();
    const auto before = static_cast<double>(memory_stats().live);
    const Tensor<double> gradient = measure([&] { return vjp(y, x, cotangent).value(); });
    CHECK(gradient(999'999) == 8);
    return before;
  };
  double plain = 0, watched = 0;
  plain -= peak_of_gradient([&](const auto& gradient) {
    const Tensor<double> g = gradient();
    plain += static_cast<double>(memory_stats().peak);
    return g;
  });
  watched -= peak_of_gradient([&](const auto& gradient) {
    const Profile profile;
    const Tensor<double> g = gradient();
    CHECK(row_of(profile, "add_cotangents", 1).count == 3);
    CHECK(row_of(profile, "add_cotangents", 1).flops == 3e6);
    CHECK(row_of(profile, "add_cotangents", 1).bytes == 3 * 3 * 8e6);
    watched += profile.orders().at(1).peak;
    return g;
  });
  CHECK(plain == watched);
  CHECK(watched < 2.5 * 8e6);  // the sum and one term
}
