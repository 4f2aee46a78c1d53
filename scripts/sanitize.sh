#!/usr/bin/env bash
# The tests with the compilers' sanitizers, which find what a test that passes does not see.
# scripts/sanitize.sh [memory|threads] [CTEST_OPTION...]
set -euo pipefail

# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<TEXT
usage: scripts/sanitize.sh [memory|threads] [CTEST_OPTION...]

Builds the tests with sanitizers and runs them; both kinds, unless one is named.

  memory    AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer, by the default compiler, in build/asan:
            the whole suite but for tests that compile programs of their own
  threads   ThreadSanitizer, by clang with libomp, whose tool Archer tells the sanitizer about OpenMP, in build/tsan:
            the tests of what runs on several threads, and a race that was planted and must be found

CTEST_OPTIONs choose tests, as in -R autodiff. About an hour on two cores. Exit code 1 if anything is found.
TEXT
}

# sanitize PRESET TARGET... : builds, then runs `tests`, an array of options for ctest.
sanitize() {
  build=$root/build/$1
  shift
  configure "${configuration[@]}"
  build_targets "$@"
  ctest --test-dir "$build" --output-on-failure -j 2 --timeout 3000 "${tests[@]}"
}

memory() {
  local configuration=() tests=(-E '^(packaging|portability|scripts)\.' "$@")
  export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
  export UBSAN_OPTIONS=print_stacktrace=1
  sanitize asan all
}

threads() {
  local configuration=(-DNEB_BUILD_EXAMPLES=OFF -DNEB_BUILD_BENCH=OFF) tests=("$@") archer
  local programs=(core kernels autodiff ops distributed training)
  has_command clang++ || install_packages clang libomp-dev
  archer=$(clang++ -print-resource-dir)/../../libarcher.so # Debian's place; clang itself does not always look there
  if [ ! -e "$archer" ]; then archer=$(clang++ -print-file-name=libarcher.so); fi
  if [ ! -e "$archer" ]; then fail 2 "Archer is missing: please install libomp-dev, of the version of clang++"; fi
  export OMP_TOOL_LIBRARIES=$archer
  export TSAN_OPTIONS=ignore_noninstrumented_modules=1:die_after_fork=0:suppressions=$root/tests/sanitizers/threads.supp
  if [ "${#tests[@]}" -eq 0 ]; then tests=(-R "^($(IFS='|'; echo "${programs[*]}")|sanitizers\..*)\$"); fi
  programs=("${programs[@]/#/neb_}")
  sanitize tsan neb_planted_race "${programs[@]/%/_tests}"
}

for argument in "$@"; do # ctest has an option of this name as well, and would be asked after an hour
  case "$argument" in -h | --help) usage; exit 0 ;; esac
done
kind=
case "${1-}" in
  memory | threads)
    kind=$1
    shift
    ;;
esac

install_missing
found=0
if [ "$kind" != threads ]; then (memory "$@") || found=1; fi
if [ "$kind" != memory ]; then (threads "$@") || found=1; fi
exit "$found"
