#include "neb/kernels/register_tile.hpp"

#include <doctest/doctest.h>

#include "neb/kernels/vector_register.hpp"
#include "support.hpp"

using neb::Index;
using neb::kernels::tile_columns;
using neb::kernels::tile_rows;
using neb::kernels::transpose;
using neb::kernels::vector_lanes;
using namespace neb::test;

namespace {

template <class T>
void check_transpose(Index rows, Index columns) {
  const Index from_stride = columns + 3;
  const Index to_stride = rows + 2;
  const auto from = integers<T>(rows * from_stride, 1);
  auto to = unwritten<T>(columns * to_stride);
  auto expected = to;
  for (Index row = 0; row < rows; ++row)
    for (Index column = 0; column < columns; ++column)
      expected[static_cast<std::size_t>(column * to_stride + row)] =
          from[static_cast<std::size_t>(row * from_stride + column)];
  transpose(rows, columns, from.data(), from_stride, to.data(), to_stride);
  CAPTURE(rows);
  CAPTURE(columns);
  CHECK((to == expected));
}

/// A tile over k = (3, 5) against plain loops; elements of c beyond `columns` must stay as they are.
template <class T>
void check_tile(Index rows, Index columns, bool add) {
  const auto a = integers<T>(3 * 40 + 5 * 2 + rows * 3, 1);
  const auto b = integers<T>(3 * 5 * tile_columns<T>, 2);
  auto c = integers<T>(rows * (tile_columns<T> + 1), 3);
  auto expected = c;
  for (Index row = 0; row < rows; ++row)
    for (Index column = 0; column < columns; ++column) {
      T& sum = expected[static_cast<std::size_t>(row * (tile_columns<T> + 1) + column)];
      if (!add) sum = T(0);
      for (Index outer = 0; outer < 3; ++outer)
        for (Index inner = 0; inner < 5; ++inner)
          sum += a[static_cast<std::size_t>(outer * 40 + inner * 2 + row * 3)] *
                 b[static_cast<std::size_t>((outer * 5 + inner) * tile_columns<T> + column)];
    }
  neb::kernels::multiply_tile<T>(rows, {.a = a.data(),
                                        .a_row = 3,
                                        .outer = 3,
                                        .a_outer = 40,
                                        .inner = 5,
                                        .a_inner = 2,
                                        .b = b.data(),
                                        .c = c.data(),
                                        .c_row = tile_columns<T> + 1,
                                        .columns = columns,
                                        .add = add});
  CAPTURE(rows);
  CAPTURE(columns);
  CHECK((c == expected));
}

template <class T>
void check_all() {
  for (const Index rows : {0, 1, 7, 16, 33})
    for (const Index columns : {0, 1, 8, 31, 48}) check_transpose<T>(rows, columns);
  for (Index rows = 1; rows <= tile_rows; ++rows) {
    for (Index columns = 1; columns <= tile_columns<T>; ++columns) check_tile<T>(rows, columns, false);
    check_tile<T>(rows, vector_lanes<T>, true);
    check_tile<T>(rows, tile_columns<T>, true);
  }
}

}  // namespace

TEST_CASE("register tiles of any size, and transposes, equal plain loops exactly on integers") {
  check_all<float>();
  check_all<double>();
}
