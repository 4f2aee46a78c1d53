/// Keeps Eigen on one thread: it cuts sums differently for different thread counts, which changes the last bits.
#pragma once

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace neb::detail {

/// Keeps Eigen on this thread while it lives: Eigen asks OpenMP how many threads there are, and the answer belongs to
/// the calling thread alone.
class SingleThreadedEigen {
 public:
#if defined(_OPENMP)
  SingleThreadedEigen() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~SingleThreadedEigen() { omp_set_num_threads(threads_); }
#else
  SingleThreadedEigen() {}
#endif
  SingleThreadedEigen(const SingleThreadedEigen&) = delete;
  SingleThreadedEigen& operator=(const SingleThreadedEigen&) = delete;

 private:
  [[maybe_unused]] int threads_ = 1;
};

}  // namespace neb::detail
