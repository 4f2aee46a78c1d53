// Eigenvalues of symmetric matrices, compiled once.
#include <neb/kernels/eigen_solver.hpp>

namespace neb::kernels {

template void symmetric_eigen(Index, const double*, double*, double*);
template void tridiagonal_eigen(Index, const double*, const double*, double*, double*);

}  // namespace neb::kernels
