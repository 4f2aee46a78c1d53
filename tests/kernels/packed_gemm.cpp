#include "neb/kernels/packed_gemm.hpp"

#include <doctest/doctest.h>

using Tasks = neb::kernels::detail::PackedGemmTasks<float>;

TEST_CASE("chunks of K are tasks of their own where C has too few tiles and is small") {
  CHECK(Tasks(16, 16, 4096).apart);
  CHECK(Tasks(16, 16, 4096).chunks == 16);
  CHECK_FALSE(Tasks(16, 16, 256).apart);      // one chunk
  CHECK_FALSE(Tasks(16, 16, 1000).apart);     // no work for two tasks
  CHECK_FALSE(Tasks(1024, 1024, 512).apart);  // as many tiles as tasks
  CHECK_FALSE(Tasks(8, 64, 1 << 20).apart);   // the parts of C would be megabytes
}
