#!/usr/bin/env bash
# Kills trainings and walks at random moments, resumes them until they end, and compares what they leave with a run that nobody
# killed: scripts/kill.sh [--kills N] [--seed S] [--programs DIR]
#   --kills N       of trainings, and as many of walks (default: 2000)
#   --seed S        of the random moments (default: one that is printed)
#   --programs DIR  where train_energy and walk_jump are; nothing is built then
set -euo pipefail

# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

most=2000 seed=$RANDOM programs=
while [ $# -gt 0 ]; do
  case $1 in
    --kills) most=${2-} ;;
    --seed) seed=${2-} ;;
    --programs) programs=${2-} ;;
    *)
      echo "usage: scripts/kill.sh [--kills N] [--seed S] [--programs DIR]"
      [ "$1" = --help ] || exit 2
      exit 0
      ;;
  esac
  shift 2 || fail 2 "$1: expects a value"
done
if [[ ! "$most$seed" =~ ^[0-9]+$ ]]; then fail 2 "--kills and --seed: expect whole numbers"; fi
if [ -z "$programs" ]; then
  install_missing
  # shellcheck disable=SC2119
  configure
  build_targets train_energy walk_jump
  programs=$build/bin
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
data=$scratch/data
export OMP_NUM_THREADS=1
# shellcheck source=tests/faults/images.sh
source "$root/tests/faults/images.sh"
put_images "$data"

# work WORK: what is run in the folder `out`, from its `start` on or from a checkpoint. It saves after every step, and the
# `results` have the same bytes whenever they are made.
work() {
  case $1 in
    train)
      command=("$programs/train_energy" --data "$data" --out "$out" --checkpoint-minutes 1e-9 --report 1)
      start=(--kernel 3 --channels 2 --bottleneck 2 --batch 4 --steps 30)
      results=(model.safetensors)
      ;;
    walk)
      command=("$programs/walk_jump" --data "$data" --out "$out" --checkpoint-minutes 1e-9
        --model "$scratch/whole/train/model.safetensors")
      start=(--chains 2 --steps 20 --every 10 --trace-every 2)
      results=(trace.safetensors checkpoint.safetensors)
      ;;
  esac
}

# run [COMMAND...]: runs it under that command, from the checkpoint if there is one. Sets `code`, and `took` in milliseconds.
run() {
  local options=("${start[@]}") began
  if [ -e "$out/checkpoint.safetensors" ]; then
    options=(--resume "$out/checkpoint.safetensors")
    resumes=$((resumes + 1))
  fi
  began=$(milliseconds)
  code=0
  "$@" "${command[@]}" "${options[@]}" >"$scratch/said" 2>&1 || code=$?
  took=$(($(milliseconds) - began))
}

milliseconds() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# same_results WORK: whether the files are those of the run that nobody killed.
same_results() {
  local file
  for file in "${results[@]}"; do
    cmp -s "$out/$file" "$scratch/whole/$1/$file" || return 1
  done
}

# kill_often WORK: kills it until there were enough kills, lets the last one end, and prints what came of all.
kill_often() {
  local kills=0 resumes=0 ends=0 differing=0 failed=0 code took longest whole pause
  out=$scratch/whole/$1
  work "$1"
  run
  [ "$code" -eq 0 ] || fail 1 "$1 does not run: $(<"$scratch/said")"
  longest=$took
  out=$scratch/killed
  work "$1"
  RANDOM=$seed
  while [ "$kills" -lt "$most" ] || [ -e "$out" ]; do
    whole=$([ -e "$out" ] || echo 1)
    if [ "$kills" -lt "$most" ]; then
      pause=$((1 + RANDOM * longest / 32768))
      run timeout --foreground --preserve-status --signal KILL "$(printf '%d.%03d' $((pause / 1000)) $((pause % 1000)))"
    else
      run
    fi
    if [ "$code" -eq 137 ]; then
      kills=$((kills + 1))
      continue
    fi
    ends=$((ends + 1))
    if [ -n "$whole" ]; then longest=$took; fi # the machine is less busy than it was
    if [ "$code" -ne 0 ]; then
      failed=$((failed + 1))
      say "$1, after kill $kills: exit code $code: $(tail -n 1 "$scratch/said")"
    elif ! same_results "$1"; then
      differing=$((differing + 1))
    fi
    rm -rf "$out"
  done
  say "$1: seed $seed, $kills kills, $resumes resumes, $ends ends, $differing with other bits, $failed failures"
  [ "$differing" -eq 0 ] && [ "$failed" -eq 0 ]
}

kill_often train
kill_often walk
