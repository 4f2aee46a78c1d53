#!/usr/bin/env bash
# Brings the C++ sources into the form of .clang-format: scripts/format.sh [--check]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case "${1-}" in
  "") mode=(-i) ;;
  --check) mode=(--dry-run --Werror) ;;
  *)
    echo "usage: scripts/format.sh [--check]" >&2
    exit 2
    ;;
esac
command -v clang-format >/dev/null || {
  echo "format: clang-format is needed: apt-get install clang-format" >&2
  exit 2
}

cd "$root"
find include tests examples bench -name '*.[ch]pp' -print0 | xargs -0 -r clang-format --style=file "${mode[@]}"
