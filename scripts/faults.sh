#!/usr/bin/env bash
# Makes every call of training, resuming, sampling and drawing fail, one after the other, and prints what the programs leave.
# scripts/faults.sh [--leaks] [OPTION...]
#   --leaks   with AddressSanitizer and LeakSanitizer, in build/asan
#   OPTION    as --of train --kinds memory; tests/faults/inject.sh says which there are
set -euo pipefail

# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1-}" in
  -h | --help)
    sed -n '2,/^set /{/^#/s/^# \?//p}' "${BASH_SOURCE[0]}"
    exit 0
    ;;
  --leaks)
    build=$root/build/asan
    shift
    ;;
esac

install_missing
# shellcheck disable=SC2119
configure
build_targets train_energy denoise walk_jump associative_memory neb_faults
exec "$root/tests/faults/inject.sh" "$build/bin" "$build/tests/faults/libneb_faults.so" "$@"
