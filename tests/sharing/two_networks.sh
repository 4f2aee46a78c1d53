#!/usr/bin/env bash
# two_networks.sh MPIEXEC PROGRAM_DIR DATA: train_energy on two machines, or what is like two to it: a rank in each of two network
# namespaces, which a pair of virtual Ethernet devices joins. It has the bits of one process; and when the rank beyond the border is
# killed in the middle, everything ends within ten seconds, with an exit code that is not 0, and nothing is left.
# Exit code 77: skipped, with the reason.
set -euo pipefail

mpiexec=$1 programs=$2 data=$3
skip() {
  echo "skipped: $1"
  exit 77
}
fail() {
  echo "two_networks: $1" >&2
  exit 1
}

case $("$mpiexec" --version 2>&1) in
  *"Open MPI"* | *"OpenRTE"*) ;;
  *) skip "the ranks are started as Open MPI does it" ;;
esac
if [ "$(id -u)" -ne 0 ]; then skip "only root may make network namespaces"; fi
command -v ip >/dev/null || skip "there is no ip (iproute2)"

here=neb-a-$$ there=neb-b-$$
folder=$(mktemp -d)
# What still runs in the other network is found by its namespace.
clean_up() {
  for name in "$here" "$there"; do
    ip netns pids "$name" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
    ip netns del "$name" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap clean_up EXIT
ip netns add "$here" 2>/dev/null || skip "this machine makes no network namespaces"
ip netns add "$there"
ip link add "va$$" netns "$here" type veth peer name "vb$$" netns "$there" 2>/dev/null || skip "there are no veth devices"
ip netns exec "$here" sh -c "ip link set lo up; ip addr add 10.77.0.1/24 dev va$$; ip link set va$$ up"
ip netns exec "$there" sh -c "ip link set lo up; ip addr add 10.77.0.2/24 dev vb$$; ip link set vb$$ up"

# In the place of ssh: agent HOST COMMAND...
cat >"$folder/agent" <<AGENT
#!/bin/sh
shift
exec ip netns exec $there sh -c "\$*"
AGENT
chmod +x "$folder/agent"

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
train() { # train OPTIONS OUT
  # shellcheck disable=SC2086
  ip netns exec "$here" "$mpiexec" --host 10.77.0.1:1,10.77.0.2:1 --mca plm_rsh_agent "$folder/agent" \
    --mca oob_tcp_if_include 10.77.0.0/24 --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24 \
    -wdir "$folder" "$programs/train_energy" --data "$data" --channels 4,8 --shards 3 --threads 1 $1 --out "$2"
}

"$programs/train_energy" --data "$data" --channels 4,8 --shards 3 --threads 1 --steps 20 --quiet --out "$folder/alone"
timeout 120 bash -c "$(declare -f train); here=$here mpiexec=$mpiexec folder=$folder programs=$programs data=$data; train '--steps 20 --quiet' $folder/shared" ||
  fail "training over the border failed"
cmp "$folder/alone/model.safetensors" "$folder/shared/model.safetensors" || fail "other bits over the border"
echo "20 steps over the border: the bits of one process"

train "--steps 1000000 --checkpoint-minutes 0.001" "$folder/killed" >"$folder/out" 2>&1 &
job=$!
for _ in $(seq 400); do
  if [ -e "$folder/killed/checkpoint.safetensors" ]; then break; fi
  sleep 0.05
done
[ -e "$folder/killed/checkpoint.safetensors" ] || fail "no checkpoint: $(cat "$folder/out")"
start=$(date +%s)
ip netns exec "$there" pkill -9 -f "[t]rain_energy --data $data" || fail "no rank runs beyond the border"
code=0
wait "$job" || code=$?
took=$(($(date +%s) - start))
[ "$code" -ne 0 ] || fail "exit code 0 after a rank was killed"
[ "$took" -le 10 ] || fail "took $took s to end"
sleep 0.5
if pgrep -f "[t]rain_energy --data $data" >/dev/null; then fail "a rank is still running"; fi
echo "a rank beyond the border killed: exit code $code after $took s, nothing left"
