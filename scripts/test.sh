#!/usr/bin/env bash
# From a bare machine to a tested one: installs what is missing, builds everything and runs all tests.
# scripts/test.sh [--strict] [CTEST_OPTION...]   --strict makes compiler warnings errors
set -euo pipefail

# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

options=()
case "${1-}" in
  -h | --help)
    echo "usage: scripts/test.sh [--strict] [CTEST_OPTION...]   --strict makes compiler warnings errors"
    exit 0
    ;;
  --strict)
    options+=(-DNEB_WERROR=ON)
    shift
    ;;
esac

install_missing
install_optional doxygen # checks that everything public is documented
install_optional mpicxx openmpi-bin libopenmpi-dev # programs that share their work over several processes
if has_command mpicxx; then options+=(-DNEB_WITH_MPI=ON); fi
configure "${options[@]}"
build_targets all
exec ctest --test-dir "$build" --output-on-failure -j 2 "$@"
