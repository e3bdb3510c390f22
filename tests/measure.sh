#!/usr/bin/env bash
# Measures the published programs between lab machines with a userspace or kernel WireGuard, whichever is there:
#   sudo tests/measure.sh [PEERS...]      default 1000 9990; it takes a few minutes, and wants a quiet machine
# It prints join to first ping, change to applied, memory, and how long the agent takes for that many peers.
set -euo pipefail
source "$(dirname "$0")/../deploy/prepare.sh"

readonly LAB=$ROOT/deploy/lab.sh
readonly CHANGES=100
readonly BENCH=$ROOT/artifacts/bin/MeshActors.Benchmarks/release/MeshActors.Benchmarks
WORK=$(mktemp -d)
declare -A PID

on() { "$LAB" in "${PID[$1]}" "${@:2}"; }
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
meshctl() { on controller meshctl "$@"; }
agent_pid() { on "$1" pgrep -x meshd; }
rss_mb() { on "$1" awk '/VmRSS/ { printf "%.1f MB", $2 / 1000 }' "/proc/$2/status"; }

machine() {
  "$LAB" machine "$1" <>"$WORK/open" >"$WORK/$1.pid" 2>"$WORK/$1.err" &
  until [[ -s $WORK/$1.pid ]]; do sleep 0.05; done
  PID[$1]=$(<"$WORK/$1.pid")
}

finish() {
  kill -9 "${PID[@]}" 2>/dev/null || true
  rm -rf "$WORK"
}

service() {
  "$LAB" in "${PID[$1]}" "${@:2}" >>"$WORK/$1.log" 2>&1 </dev/null &
}

stop_agent() {
  on "$1" pkill -TERM -x meshd || true
  while on "$1" pgrep -x meshd >/dev/null; do sleep 0.02; done
}

wait_applied() {
  local newest
  newest=$(meshctl org show -o json | jq .revision)
  until [[ $(on "$1" meshd status --json | jq "$2") -ge $newest ]]; do sleep 0.1; done
}

require_root "$@"
install_missing "${BUILD_NEEDS[@]}" "${LAB_NEEDS[@]}"
require_sdk
(publish)
as_owner dotnet build "$ROOT/tests/MeshActors.Benchmarks" -c Release -v quiet
export PATH=$ROOT/artifacts/published/mesh-controller:$ROOT/artifacts/published/meshd:$ROOT/artifacts/published/meshctl:$PATH
trap finish EXIT
mkfifo "$WORK/open"
for name in internet controller node1 node2; do machine "$name"; done
"$LAB" internet "${PID[internet]}"
"$LAB" attach "${PID[internet]}" "${PID[controller]}" 10
"$LAB" attach "${PID[internet]}" "${PID[node1]}" 1
"$LAB" attach "${PID[internet]}" "${PID[node2]}" 2

echo "machine: $(nproc) cores, $(uname -sr); load $(cut -d' ' -f1-3 /proc/loadavg)"
echo "meshd: $(stat -c %s "$(command -v meshd)" | awk '{ printf "%.1f MB", $1 / 1000000 }'), one file"
began=$(now_ms)
service controller mesh-controller --advertise 203.0.113.10
until on controller test -e /var/lib/mesh-controller/controller.url; do sleep 0.05; done
echo "controller: first start $(($(now_ms) - began)) ms"
on controller cat /var/lib/mesh-controller/default.join-url >"$WORK/url"
sleep 10
echo "controller: idle, $(rss_mb controller "$(on controller pgrep -x mesh-controller)")"

url=$(<"$WORK/url")
export MESHD_URL=$url
service node1 meshd
until on node1 ip -brief addr show wg0 2>/dev/null | grep -q 100.64; do sleep 0.05; done
began=$(now_ms)
service node2 meshd
until on node2 ping -c1 -W1 100.64.0.1 >/dev/null 2>&1; do sleep 0.02; done
echo "join to first ping: $(($(now_ms) - began)) ms"

# The event's time is that of the command's arrival, before it is stored; the route's is the kernel's own message.
on node1 ip -ts monitor route >"$WORK/routes" &
for ((change = 1; change <= CHANGES; change++)); do
  stop_agent node2
  if [[ $((change % 2)) -eq 1 ]]; then service node2 meshd --child-prefix=172.28.0.0/24; else service node2 meshd; fi
  until [[ $(grep -c '172.28.0.0/24' "$WORK/routes") -ge $change ]]; do sleep 0.02; done
done
meshctl events list --from 1 -o json | jq -r 'select(.type == "org.prefixes-announced.v1") | .time' |
  while read -r time; do date -d "$time" +%s%3N; done >"$WORK/announced"
grep -o '^\[[^]]*\].*172.28.0.0/24' "$WORK/routes" | tr -d '[' | cut -d']' -f1 |
  while read -r time; do date -d "$time" +%s%3N; done >"$WORK/applied"
paste "$WORK/announced" "$WORK/applied" | awk 'NF == 2 { print $2 - $1 }' | sort -n |
  awk '{ v[NR] = $1 } END { printf "change to applied: %d changes, p50 %d ms, p99 %d ms, max %d ms\n", NR, v[int(NR * .5) + 1], v[int(NR * .99)], v[NR] }'

on controller env MESHD_URL="$url" "$BENCH" join "$WORK/url" 1 >/dev/null
wait_applied node1 .appliedRevision
sleep 10
echo "meshd: 2 peers, $(rss_mb node1 "$(agent_pid node1)")"
have=3
for peers in "${@:-1000 9990}"; do
  for count in $peers; do
    on controller "$BENCH" join "$WORK/url" $((count - have + 1)) | tail -n 1
    have=$((count + 1))
    wait_applied node1 .appliedRevision
    sleep 15
    echo "meshd: $count peers, $(rss_mb node1 "$(agent_pid node1)"); controller $(rss_mb controller "$(on controller pgrep -x mesh-controller)")"
    stop_agent node1
    on node1 ip link del wg0
    : >"$WORK/node1.log"
    service node1 meshd
    until grep -q ' changes to revision ' "$WORK/node1.log"; do sleep 0.1; done
    echo "meshd: $count peers from nothing, $(grep -m1 -o '[0-9]* changes to revision.*' "$WORK/node1.log")"
  done
done
