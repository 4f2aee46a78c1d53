#!/usr/bin/env bash
# Makes data/digits out of the full set: the first 6 000 training and the first 1 000 test digits, as gzipped IDX.
# The same bytes every time: scripts/make_digits.sh [MNIST_DIR [DIR]]   (defaults data/mnist and data/digits)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
usage() { echo "usage: scripts/make_digits.sh [MNIST_DIR [DIR]]   defaults data/mnist and data/digits"; }

case "${1-}" in
  -h | --help) usage; exit 0 ;;
  -*) usage >&2; exit 2 ;;
esac
[ $# -le 2 ] || { usage >&2; exit 2; }
from=${1:-$root/data/mnist}
to=${2:-$root/data/digits}

if ! (cd "$from" && sha256sum --check --status "$root/data/mnist.sha256") 2>/dev/null; then
  echo "make_digits: $from does not hold the full set as data/mnist.sha256 describes it; run scripts/get_mnist.sh" >&2
  exit 2
fi
mkdir -p "$to"

# take NAME COUNT RANK ITEM_BYTES: the first COUNT items of an IDX file whose header is 4 + 4 RANK bytes, the item
# count being bytes 4..7, most significant first.
take() {
  local name=$1 count=$2 rank=$3 item_bytes=$4 header=$((4 + 4 * $3)) count_hex
  count_hex=$(printf '%08x' "$count")
  {
    head -c 4 "$from/$name"
    printf '%b' "\\x${count_hex:0:2}\\x${count_hex:2:2}\\x${count_hex:4:2}\\x${count_hex:6:2}"
    head -c "$header" "$from/$name" | tail -c +9
    tail -c +"$((header + 1))" "$from/$name" | head -c "$((count * item_bytes))" || true # head leaves early: SIGPIPE
  } | gzip -9n >"$to/$name.gz.partial"
  mv -f "$to/$name.gz.partial" "$to/$name.gz"
  echo "make_digits: $to/$name.gz ($count items, rank $rank)"
}

take train-images-idx3-ubyte 6000 3 784
take train-labels-idx1-ubyte 6000 1 1
take t10k-images-idx3-ubyte 1000 3 784
take t10k-labels-idx1-ubyte 1000 1 1
