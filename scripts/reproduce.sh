#!/usr/bin/env bash
# The paper's figures and tables from the shipped energies: installs what is missing, builds the program and runs it.
# scripts/reproduce.sh [NAME] [OPTION...]   --help tells the options, --list the names, which the program knows
set -euo pipefail

# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<TEXT
usage: scripts/reproduce.sh [NAME] [OPTION...]

Reproduces the figures and tables of Neural Empirical Bayes (Saremi & Hyvarinen 2019) from the energies in models/, or
only what NAME is: figure-5, table-1, section-4.1, ...; --list tells all names.
Writes pictures, a JSON of numbers for each, table.md and the page index.html to out/reproduce, or to out/reproduce/NAME.
Uses the full MNIST set when scripts/get_mnist.sh has fetched it, else the 6 000 digits that are shipped.
Ctrl-C stops it; what is finished stays, with its table and page.

  --list         builds the program and has it tell all names, what they show, and all of its options
  --full         the paper's lengths, however long they take; says how long before it starts
  --data DIR     other images     --models DIR   other energies     --out DIR    another folder
  --seed N       other noise      --threads N    fewer threads      --quiet      print nothing but errors
TEXT
}

# shellcheck disable=SC2119
build_reproduce() {
  install_missing
  configure
  build_targets reproduce
}

chosen=()
out=$root/out/reproduce
case "${1-}" in
  -h | --help) usage; exit 0 ;;
  --list) build_reproduce; exec "$build/bin/reproduce" --help ;;
  "" | -*) ;;
  *)
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

build_reproduce
exec "$build/bin/reproduce" --out "$out" "${data[@]}" "${chosen[@]}" "$@"
