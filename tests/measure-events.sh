#!/usr/bin/env bash
# Measures the event tool on one organization's long journal, made by the real rules, with the published programs:
#   tests/measure-events.sh [EVENTS] [NODES]      default 1000000 10000; a few minutes and 3 GB of disk, and a quiet machine
# MEASURE_BUILT=1 takes what is published already, MEASURE_JOURNAL=FILE an export that is there.
# MEASURE_DATABASE=postgresql://USER@HOST/NAME takes that empty database in place of SQLite.
set -euo pipefail
source "$(dirname "$0")/../deploy/prepare.sh"

readonly EVENTS=${1:-1000000} NODES=${2:-10000}
readonly BENCH=$ROOT/artifacts/bin/MeshActors.Benchmarks/release/MeshActors.Benchmarks
PORT=$((20000 + RANDOM % 10000))
WORK=$(mktemp -d)
export MESHCTL_DATA_DIR=$WORK/data

# measure WHAT COMMAND...: what it prints of itself, and its largest resident memory.
measure() {
  local what=$1
  shift
  /usr/bin/env time -f "%M" -o "$WORK/memory" "$@" >"$WORK/out" || { cat "$WORK/out"; fail "$what failed."; }
  echo "$what: $(grep -o 'in [0-9.]* s ([0-9,]* a second)' "$WORK/out" | head -1), $(($(<"$WORK/memory") / 1024)) MB"
}

# In ticks, of the kernel and its own.
controller_cpu() {
  awk '{ print $14 + $15 }' "/proc/$CONTROLLER/stat"
}

finish() {
  kill "$CONTROLLER" 2>/dev/null || true
  rm -rf "$WORK"
}

require_sdk
if [[ -z ${MEASURE_BUILT:-} ]]; then
  (publish)
  as_owner dotnet build "$ROOT/tests/MeshActors.Benchmarks" -c Release -v quiet
fi
export PATH=$PUBLISHED/meshctl:$PUBLISHED/mesh-controller:$PATH
install_missing time:time
CONTROLLER=
trap finish EXIT

readonly MADE=${MEASURE_JOURNAL:-$WORK/made.jsonl}
[[ -n ${MEASURE_JOURNAL:-} ]] || "$BENCH" journal "$NODES" "$EVENTS" "$MADE"
measure "verify of an export" meshctl events verify "$MADE"
mesh-controller ${MEASURE_DATABASE:+--database "$MEASURE_DATABASE"} --data-dir "$WORK/data" --listen "127.0.0.1:$PORT" --no-default-org >"$WORK/ready" 2>"$WORK/log" &
CONTROLLER=$!
until grep -q ready "$WORK/ready"; do sleep 0.2; done
before=$(controller_cpu)
measure "import" meshctl events import "$MADE"
echo "of it CPU time of the controller: $((($(controller_cpu) - before) / $(getconf CLK_TCK))) s"
measure "export" meshctl --org acme events export "$WORK/export.jsonl" --force
cmp "$MADE" "$WORK/export.jsonl" && echo "the export is the same, byte for byte"
# The projection follows an import at its own pace; a verify would wait for it, and share the processors with it.
for ((waited = 0; ; waited++)); do
  ((waited < 600)) || fail "The projection did not follow the import within 10 minutes."
  mesh-controller projections status ${MEASURE_DATABASE:+--database "$MEASURE_DATABASE"} --data-dir "$WORK/data" --org acme | grep -q ', 0 behind' && break
  sleep 1
done
measure "verify of the live journal" meshctl --org acme events verify
start=${EPOCHREALTIME/./}
meshctl --org acme events replay --at "$((EVENTS * 9 / 10))" >/dev/null
elapsed=$(((${EPOCHREALTIME/./} - start) / 1000))
echo "replay --at $((EVENTS * 9 / 10)) of the live journal: $elapsed ms, $((EVENTS * 9 / 10 * 1000 / elapsed)) events a second"
mesh-controller projections rebuild ${MEASURE_DATABASE:+--database "$MEASURE_DATABASE"} --data-dir "$WORK/data" --org acme
node=$(sed -n 5000p "$MADE" | grep -o '"revision":[0-9]*' | cut -d: -f2)
node=$(meshctl --org acme events show "$node" -o json | grep -o '"node": *"[^"]*"' | cut -d'"' -f4)
# list FILTER...: the newest 50; with the start of meshctl, its look at the organization, and TLS.
list() {
  local start=${EPOCHREALTIME/./}
  meshctl --org acme events list --limit 50 "$@" >"$WORK/out"
  echo "list $*: $(((${EPOCHREALTIME/./} - start) / 1000)) ms, $(($(wc -l <"$WORK/out") - 1)) events"
}
list >/dev/null
list --type node-removed
list --type endpoints-changed
list --node "$node"
list --principal t1
list --principal "$node"
list --address 100.64.0.77
list --prefix 10.0.0.0/8
list --prefix 10.20.0.0/16
list --type prefixes-announced --principal node --prefix 10.20.0.0/16
list --type node-renamed --node "$node"
list --from 2026-02-01 --to 2026-02-02
list --from "$((EVENTS * 9 / 10))" --type node-joined
kill "$CONTROLLER"
wait "$CONTROLLER" || true
# The collector and the compiler as in the controller.
DOTNET_gcConcurrent=0 DOTNET_TieredPGO=0 "$BENCH" recovery "${MEASURE_DATABASE:-$WORK/data/mesh.db}" acme
