#!/usr/bin/env bash
# Which lines and branches of the headers the library's tests run.
# scripts/coverage.sh [lines|branches]
set -euo pipefail

# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<TEXT
usage: scripts/coverage.sh [lines|branches]

Builds the library's tests so that they count what they run, and runs them; both counts, unless one is named.

  lines      by g++ and gcovr, in build/coverage: for every header of include/neb how many of its lines ran;
             build/coverage/index.html shows which
  branches   by clang and llvm-cov, in build/branches: for every header how many of the branches of its conditions were taken,
             those of a template in any of its instances; exceptions do not count, nor does what the compiler knows beforehand

About twenty minutes on two cores. Exit code 1 below 95 % of the lines or 85 % of the branches.
TEXT
}

layers='^(core|kernels|autodiff|ops|nn|optim|data|io|draw|energy|distributed|bayes|training|sampling|flow)$'

lines() {
  has_command gcovr || install_packages gcovr
  build=$root/build/coverage
  # shellcheck disable=SC2119
  configure
  build_targets neb_tests
  find "$build" -name '*.gcda' -delete
  ctest --test-dir "$build" --output-on-failure -j 2 --timeout 3000 -R "$layers"
  gcovr --root "$root" --object-directory "$build" --filter "$root/include/neb/" --html-details "$build/index.html" --txt \
    --print-summary --fail-under-line 95 "$build"
  say "build/coverage/index.html shows the lines"
}

branches() {
  local version program objects=()
  has_command clang++ || install_packages clang libomp-dev
  version=$(clang++ -dumpversion)
  version=${version%%.*}
  has_command "llvm-cov-$version" || install_packages "llvm-$version"
  build=$root/build/branches
  # shellcheck disable=SC2119
  configure
  build_targets neb_tests
  rm -rf "$build/profiles"
  LLVM_PROFILE_FILE=$build/profiles/%m-%p.profraw ctest --test-dir "$build" --output-on-failure -j 2 --timeout 3000 -R "$layers"
  "llvm-profdata-$version" merge -sparse "$build"/profiles/*.profraw -o "$build/profiles/all.profdata"
  for program in "$build"/bin/neb_*_tests; do
    if [[ ${program##*/neb_} =~ ${layers%\$}_tests$ ]]; then objects+=(-object "$program"); fi
  done
  "llvm-cov-$version" export -format=text -instr-profile="$build/profiles/all.profdata" "${objects[@]:1}" |
    "$root/scripts/branch_coverage.py"
}

kind=${1-}
case "$kind" in
  -h | --help)
    usage
    exit 0
    ;;
  '' | lines | branches) ;;
  *) fail 2 "expects lines or branches, got \"$kind\"" ;;
esac

install_missing
found=0
if [ "$kind" != branches ]; then (lines) || found=1; fi
if [ "$kind" != lines ]; then (branches) || found=1; fi
exit "$found"
