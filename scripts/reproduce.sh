#!/usr/bin/env bash
# The paper's figures and tables from the shipped energies: installs what is missing, builds the program and runs it.
# scripts/reproduce.sh [NAME] [OPTION...]   --help tells the names and options
set -euo pipefail

# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The experiments in the order of the paper, known without having built anything.
mapfile -t names < <(sed -n 's/^ *{"\([a-z0-9.-]*\)",.*/\1/p' "$root/examples/paper/experiment.cpp")

usage() {
  cat <<TEXT
usage: scripts/reproduce.sh [NAME] [OPTION...]

Reproduces the figures and tables of Neural Empirical Bayes (Saremi & Hyvarinen 2019) from the energies in models/, or
the one that NAME is: ${names[*]}.
Writes pictures, a JSON of numbers for each, table.md and the page index.html to out/reproduce, or to out/reproduce/NAME.
Uses the full MNIST set when scripts/get_mnist.sh has fetched it, else the 6 000 digits that are shipped.
Ctrl-C stops it; what is finished stays, with its table and page.

  --full         the paper's lengths, however long they take; says how long before it starts
  --data DIR     other images     --models DIR   other energies     --out DIR    another folder
  --seed N       other noise      --threads N    fewer threads      --quiet      print nothing but errors
TEXT
}

chosen=()
out=$root/out/reproduce
case "${1-}" in
  -h | --help) usage; exit 0 ;;
  "" | -*) ;;
  *)
    [[ " ${names[*]} " == *" $1 "* ]] || fail 2 "there is no experiment $1; there are ${names[*]}"
    chosen=(--only "$1")
    out=$out/$1
    shift
    ;;
esac

data=()
if [[ " $* " != *" --data"* ]]; then
  if [ -d "$root/data/mnist" ]; then
    data=(--data "$root/data/mnist")
  else
    say "with the 6 000 shipped training digits; scripts/get_mnist.sh fetches all 60 000 that the energies learned from"
  fi
fi

install_missing
# shellcheck disable=SC2119
configure
build_targets reproduce
exec "$build/bin/reproduce" --out "$out" "${data[@]}" "${chosen[@]}" "$@"
