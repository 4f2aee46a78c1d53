#!/usr/bin/env bash
# Runs programs in which one call fails, and looks at what they leave: tests/faults/inject.sh PROGRAMS LIBRARY [OPTION...]
#   PROGRAMS       the folder of the programs
#   LIBRARY        neb_faults, which makes a call fail (faults.cpp says which calls there are)
#   --of WORK,...  what the programs do: train, resume, denoise, walk, remember (default: all of it)
#   --kinds K,...  which calls fail (default: all kinds)
#   --spread N     at most N calls of a kind, evenly spread (default: every call)
#   --jobs N       programs that run at a time (default: 2)
#   --threads N    of each program (default: 1, with which calls come in one order)
# Afterwards each file is the old one or the new one, whole; exit code 0 has left all that was asked for, and said what else was
# lost; any other is 1 or 2 and comes with the reason; and no temporary file is left. What is not so is a finding.
set -euo pipefail

programs=$1
library=$2
shift 2
work=train,resume,denoise,walk,remember
kinds=write,short,fsync,rename,open,close,read,memory,exhausted
spread=0 jobs=2 threads=1
while [ $# -gt 0 ]; do
  case $1 in
    --of) work=$2 ;;
    --kinds) kinds=$2 ;;
    --spread) spread=$2 ;;
    --jobs) jobs=$2 ;;
    --threads) threads=$2 ;;
    *)
      echo "inject: unknown option $1" >&2
      exit 2
      ;;
  esac
  shift 2
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export OMP_NUM_THREADS=$threads
# AddressSanitizer wants to be asked first, but the library passes on what does not fail.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0

# shellcheck source=tests/faults/images.sh
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"

# prepare WORK: sets `command`; `results`, the files in out/ whose bytes are known beforehand; `reports`, those of JSON, of which
# times are a part; and `going_on`, what leads from a checkpoint to the first of the results. Makes the folders `old`, as a user
# finds it before, and `new`, after a run in which nothing fails.
prepare() {
  local train=(train_energy --data ../../data --kernel 3 --channels 2 --bottleneck 2 --batch 4 --report 1 --checkpoint-minutes 1e-9
    --schedule constant --out out)
  local given=(--data ../../data --model model --out out --count 3)
  mkdir old
  cp ../model old/model
  reports=(summary.json) going_on=()
  case $1 in
    train)
      results=(model.safetensors) reports+=(log.jsonl)
      going_on=(train_energy --data ../../data)
      command=("${train[@]}" --steps 2 --seed 1)
      quietly "${train[@]}" --steps 2 --seed 2
      ;;
    resume)
      results=(model.safetensors) reports+=(log.jsonl)
      going_on=(train_energy --data ../../data)
      command=("${train[@]}" --resume out/checkpoint.safetensors)
      quietly "${train[@]}" --steps 2 --seed 2
      rm old/out/checkpoint.safetensors*
      stop_early "${train[@]}" --steps 4 --seed 1
      ;;
    denoise)
      results=('denoise.*')
      command=(denoise "${given[@]}")
      quietly "${command[@]}" --seed 2
      ;;
    remember)
      results=('associative_memory.*')
      command=(associative_memory "${given[@]}" --max-steps 3)
      quietly "${command[@]}" --init uniform
      ;;
    walk)
      results=(trace.safetensors 'walk_jump.*')
      going_on=(walk_jump --data ../../data --model model)
      command=(walk_jump "${given[@]/--count/--chains}" --steps 4 --every 2 --trace-every 1 --checkpoint-minutes 1e-9)
      quietly "${command[@]}" --seed 2
      ;;
  esac
  cp -r old new
  (cd new && "$programs/${command[0]}" "${command[@]:1}" >/dev/null)
  cd new/out
  # shellcheck disable=SC2206 # a picture is .png, or .ppm without libpng
  results=(${results[@]})
  cd ../..
}

# stop_early PROGRAM OPTION...: runs it in the folder `old` until it has saved something, and stops it before it has a model.
stop_early() {
  local model=old/out/model.safetensors
  mv "$model" before
  while [ ! -e old/out/checkpoint.safetensors ] || [ -e "$model" ]; do # the first time, and when it was quicker
    rm -f "$model" old/out/checkpoint.safetensors*
    (cd old && exec "$programs/$1" "${@:2}" >/dev/null) &
    until [ -e old/out/checkpoint.safetensors ]; do :; done
    kill -TERM $! || true
    wait $! || true
  done
  mv before "$model"
}
quietly() { (cd old && "$programs/$1" "${@:2}" >/dev/null); }

# run KIND NUMBER: makes that call fail, in a folder of this job's own. Sets `code` and `err`; true if there was such a call.
run() {
  rm -rf "run$job" "reached$job"
  cp -r old "run$job"
  code=0
  # Bash says on its own stderr when a signal ends a program.
  {
    (
      cd "run$job"
      exec timeout --foreground 300 env "LD_PRELOAD=$library" "NEB_FAULT=$1" "NEB_FAULT_AT=$2" \
        "NEB_FAULT_REPORT=../reached$job" "$programs/${command[0]}" "${command[@]:1}" >stdout 2>stderr
    ) || code=$?
  } 2>/dev/null
  err=$(<"run$job/stderr")
  [ -e "reached$job" ]
}

same() { cmp -s "$1" "$2"; }
find_fault() { findings+=("$1"); }

# The reason that a call of that kind gives.
reason_of() {
  case $1 in
    write) echo 'No space left on device' ;;
    open) echo 'Too many open files' ;;
    memory | exhausted) echo '[Oo]ut of memory|insufficient memory' ;;
    *) echo 'Input/output error' ;;
  esac
}

# look KIND: fills `findings` with what is wrong in the folder of this job after a run.
look() {
  local out=run$job/out file path
  findings=()
  case $code in
    0) ;;
    1 | 2)
      [[ $err =~ $(reason_of "$1") ]] || find_fault "no reason: ${err:-nothing on stderr}"
      ;;
    *) find_fault "exit code $code: ${err:-nothing on stderr}" ;;
  esac
  for file in "${results[@]}"; do
    if same "$out/$file" "new/out/$file"; then continue; fi
    if [ "$code" -eq 0 ]; then find_fault "exit code 0 without the new $file"; fi
    [ -e "$out/$file" ] || [ -e "old/out/$file" ] || continue
    same "$out/$file" "old/out/$file" || find_fault "$file is neither the old one nor the new one"
  done
  for file in "${reports[@]}"; do
    path=$out/$file
    mapfile -t lines <"$path" || find_fault "$file is missing"
    mapfile -t expected <"new/out/$file"
    if [ "$code" -eq 0 ] && [ -z "$err" ] && [ "${#lines[@]}" -ne "${#expected[@]}" ]; then
      find_fault "without a word $file has ${#lines[@]} lines in place of ${#expected[@]}"
    fi
    [ "$file" = log.jsonl ] || [[ $(<"$path") == "{"*"}" ]] || find_fault "$file is torn"
  done
  for path in "$out"/*.tmp*; do
    [ ! -e "$path" ] || find_fault "${path##*/} is left"
  done
  if [ "${#going_on[@]}" -gt 0 ]; then look_at_checkpoints; fi
}

# What a checkpoint holds depends on when it was saved: it must be the old one, or lead to the new result.
look_at_checkpoints() {
  local whole=0 file
  for file in checkpoint.safetensors{,.previous}; do
    if [ ! -e "run$job/out/$file" ]; then continue; fi
    if same "run$job/out/$file" old/out/checkpoint.safetensors || same "run$job/out/$file" "old/out/$file"; then
      [ "$code" -ne 0 ] || [ "$file" != checkpoint.safetensors ] || find_fault "exit code 0 with an old checkpoint"
    elif ! (
      cd "run$job"
      "$programs/${going_on[0]}" "${going_on[@]:1}" --resume "out/$file" --quiet --out again 2>again.err &&
        same "again/${results[0]}" "../new/out/${results[0]}"
    ); then
      find_fault "$file does not lead to the new ${results[0]}: $(<"run$job/again.err")"
    fi
    whole=1
  done
  [ "$whole" = 1 ] || find_fault "no checkpoint is left"
}

# inject KIND NUMBER: false if there is no such call. Appends the outcome to this job's tally, what is wrong to its findings.
inject() {
  local reached=0 finding
  run "$@" || reached=$?
  look "$1"
  for finding in "${findings[@]}"; do
    echo "$name, $1 $2: $finding" >>"found$job"
  done
  if [ "$reached" -ne 0 ]; then return 1; fi
  case $code in
    0) echo saved ;;
    1 | 2) echo refused ;;
    *) echo aborted ;;
  esac >>"tally$job"
}

# attack KIND: all calls of that kind, or some, and then those beyond the last one that was counted, up to the first that is none.
attack() {
  local calls count i
  run "$1" 0
  calls=$(<"reached$job") 
  count=$calls
  if [ "$spread" -gt 0 ] && [ "$spread" -lt "$calls" ]; then count=$spread; fi
  for ((job = 1; job <= jobs; ++job)); do
    for ((i = job - 1; i < count; i += jobs)); do
      inject "$1" $((1 + i * calls / count)) || true
    done &
  done
  wait
  job=0
  for ((i = calls + 1; i < calls + 100; ++i)); do
    inject "$1" "$i" || break
  done
  tally() { cat tally* 2>/dev/null | grep -c "^$1$" || true; }
  printf '%-9s %-10s %6d %7d %6d %8d %8d %9d\n' "$name" "$1" "$calls" "$(tally '.*')" "$(tally saved)" "$(tally refused)" \
    "$(tally aborted)" "$(cat found* 2>/dev/null | wc -l)"
  cat found* >>../found 2>/dev/null || true
  rm -f tally* found*
}

put_images "$scratch/data"
cd "$scratch"
"$programs/train_energy" --data data --kernel 3 --channels 2 --bottleneck 2 --batch 4 --steps 1 --out first >/dev/null
cp first/model.safetensors model
: >found

printf '%-9s %-10s %6s %7s %6s %8s %8s %9s\n' work kind calls faults saved refused aborted findings
for name in ${work//,/ }; do
  mkdir "$name"
  cd "$name"
  prepare "$name"
  for kind in ${kinds//,/ }; do
    job=0
    attack "$kind"
  done
  cd ..
done
cat found
[ ! -s found ]
