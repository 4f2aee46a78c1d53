#!/usr/bin/env bash
# Which lines and branches of the headers the library's tests run.
# scripts/coverage.sh [GCOVR_OPTION...]
set -euo pipefail

# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1-}" in
  -h | --help)
    cat <<TEXT
usage: scripts/coverage.sh [GCOVR_OPTION...]

Builds the library's tests with g++ --coverage in build/coverage, runs them, and prints for every header of include/neb how many of
its lines and branches ran; build/coverage/index.html shows which. Branches that only an exception takes, and those that the
compiler knows to be unreachable, do not count. About half an hour on two cores.
Exit code 1 below 95 % of the lines or 85 % of the branches.
TEXT
    exit 0
    ;;
esac

install_missing
has_command gcovr || install_packages gcovr
build=$root/build/coverage
# shellcheck disable=SC2119
configure
build_targets neb_tests
find "$build" -name '*.gcda' -delete
ctest --test-dir "$build" --output-on-failure -j 2 --timeout 3000 \
  -R '^(core|kernels|autodiff|ops|nn|optim|data|io|draw|energy|distributed|bayes|training|sampling|flow)$'
gcovr --root "$root" --object-directory "$build" --filter "$root/include/neb/" --exclude-throw-branches --exclude-unreachable-branches \
  --html-details "$build/index.html" --txt --print-summary --fail-under-line 95 --fail-under-branch 85 "$@" "$build"
say "build/coverage/index.html shows the lines"
