#!/usr/bin/env bash
# Feeds neb's readers with inputs that libFuzzer makes up, for as long as you like: scripts/fuzz.sh [TARGET...] [OPTION...]
set -euo pipefail

# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

targets=(idx gzip json safetensors checkpoint model command_lines)
usage() {
  cat <<TEXT
usage: scripts/fuzz.sh [TARGET...] [--minutes N | --runs N]

Runs the targets of tests/fuzz, by default all of them, one after the other: ${targets[*]}.
Goes on where it stopped: the inputs that reached new code are kept in build/fuzz/TARGET/corpus. Ctrl-C ends it at any time.

  --minutes N    how long each target runs now (default 1)
  --runs N       each target runs until it was executed N times, those of earlier calls included
  --table        runs nothing, prints the table

The table tells, over all calls: executions, the last call's executions a second, edges of the program that were reached and all it
has, features (edges with how often they were passed), inputs kept, and findings: inputs that made a target crash, leak, take over a
second or too much memory, or contradict what it was compared with. They are in build/fuzz/TARGET/findings, with what was
said of them in the last log beside. To see one again, and to keep it as a test once it is mended:

  build/release/tests/fuzz/TARGET FILE
  cp FILE tests/fuzz/found/TARGET/

Exit codes: 0 nothing was found, 1 something was, 2 wrong usage.
TEXT
}

chosen=()
minutes=1
runs=
table_only=
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --minutes | --runs)
      [[ "${2-}" =~ ^[1-9][0-9]*$ ]] || fail 2 "$1: expected a whole number above 0"
      if [ "$1" = --runs ]; then runs=$2; else minutes=$2; fi
      shift
      ;;
    --table) table_only=1 ;;
    -*) fail 2 "no option $1; scripts/fuzz.sh --help lists them" ;;
    *)
      [[ " ${targets[*]} " == *" $1 "* ]] || fail 2 "no target $1; there are ${targets[*]}"
      chosen+=("$1")
      ;;
  esac
  shift
done
[ "${#chosen[@]}" -gt 0 ] || chosen=("${targets[@]}")

# status FILE: executions, executions a second, edges, features, and all edges, as the last lines of a log have them.
status() {
  awk '
    /^INFO: Loaded 1 modules/ { gsub(/[^0-9 ]/, ""); all = $2 }
    /^#[0-9]+\t/ {
      runs = substr($1, 2)
      for (i = 2; i < NF; ++i) {
        if ($i == "cov:") edges = $(i + 1)
        if ($i == "ft:") features = $(i + 1)
        if ($i == "exec/s:") speed = $(i + 1)
      }
    }
    /^stat::number_of_executed_units:/ { runs = $2 }
    /^stat::average_exec_per_sec:/ { speed = $2 }
    END { print runs + 0, speed + 0, edges + 0, features + 0, all + 0 }' "$1"
}

# executions TARGET: over all calls.
executions() {
  local log runs total=0
  for log in "$root/build/fuzz/$1"/logs/*; do
    if [ ! -e "$log" ]; then continue; fi
    read -r runs _ < <(status "$log")
    total=$((total + runs))
  done
  echo "$total"
}

count_files() { find "$1" -type f | wc -l; }

# Prints the table, and fails where there are findings.
table() {
  local target folder logs log speed edges features all findings found=0
  printf '%-14s %12s %9s %13s %9s %7s %8s\n' target executions /second edges features inputs findings
  for target in "${chosen[@]}"; do
    folder=$root/build/fuzz/$target
    logs=("$folder"/logs/*) # named after their time
    log=${logs[-1]}
    if [ ! -e "$log" ]; then continue; fi
    read -r _ speed edges features all < <(status "$log")
    findings=$(count_files "$folder/findings")
    found=$((found + findings))
    printf '%-14s %12d %9d %13s %9d %7d %8d\n' "$target" "$(executions "$target")" "$speed" "$edges/$all" "$features" \
      "$(count_files "$folder/corpus")" "$findings"
  done
  [ "$found" -eq 0 ] && [ "${#failed[@]}" -eq 0 ]
}

# Targets that ended otherwise than by themselves or by Ctrl-C.
failed=()

# fuzz TARGET: one run, up to the time or the number that was asked for.
fuzz() {
  local folder=$root/build/fuzz/$1 limit=(-max_total_time=$((60 * minutes))) done_already inputs log code=0
  mkdir -p "$folder"/{corpus,findings,logs}
  if [ -n "$runs" ]; then
    done_already=$(executions "$1")
    if [ "$done_already" -ge "$runs" ]; then return 0; fi
    limit=(-runs=$((runs - done_already)))
  fi
  inputs=("$root/tests/hostile")
  if [ -d "$root/tests/fuzz/found/$1" ]; then inputs+=("$root/tests/fuzz/found/$1"); fi
  log=$folder/logs/$(date +%Y-%m-%d-%H-%M-%S)
  say "fuzzing $1"
  "$build/tests/fuzz/$1" "${limit[@]}" -len_control=0 -max_len=4096 -print_final_stats=1 -artifact_prefix="$folder/findings/" \
    "$folder/corpus" "${inputs[@]}" >"$log" 2>&1 || code=$?
  if [ "$code" -ne 0 ] && [ "$code" -ne 72 ] && [ -z "$stopped" ]; then # 72: interrupted
    failed+=("$1")
    say "$1: something was found; the end of $log:"
    tail -n 30 "$log"
  fi
}

stopped=
if [ -z "$table_only" ]; then
  install_missing
  has_command clang++ || install_packages clang libclang-rt-14-dev
  # shellcheck disable=SC2119
  configure
  grep -q '^NEB_CLANG_FUZZES:INTERNAL=TRUE' "$build/CMakeCache.txt" || {
    install_packages libclang-rt-14-dev
    # shellcheck disable=SC2119
    configure
  }
  build_targets "${chosen[@]/#/neb_fuzz_}"
  trap 'stopped=1' INT TERM
  for target in "${chosen[@]}"; do
    if [ -z "$stopped" ]; then fuzz "$target"; fi
  done
fi
table
