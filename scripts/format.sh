#!/usr/bin/env bash
# Brings the C++ sources into the form of .clang-format: scripts/format.sh [--check]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case "${1-}" in
  "" | --check) ;;
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
mapfile -d '' files < <(find include src tests examples bench -name '*.[ch]pp' -print0 | sort -z)
if [ "${1-}" != --check ]; then
  exec clang-format --style=file -i "${files[@]}"
fi
# Not by --dry-run: version 14 takes the comment behind an inline namespace for wrong, and would write the same one.
wrong=0
for file in "${files[@]}"; do
  clang-format --style=file "$file" | diff -u --label "$file" --label "$file, formatted" "$file" - || wrong=1
done
exit "$wrong"
