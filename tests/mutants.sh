#!/usr/bin/env bash
# Proves the proofs: breaks one promise of the real code at a time (tests/mutants/*.patch), in a copy of this clone, and
# runs the check that must then fail. The last line is "N caught, N NOT caught"; exit code 1 when one was not.
#
#   sudo tests/mutants.sh [NAME]...
#
# A patch says its check in its head: "Check: simulation", or "Check: gameday ARGUMENTS" (deploy/gameday.sh).
set -euo pipefail
source "$(dirname "$0")/../deploy/prepare.sh"

# Far more schedules than any mutant of the simulation survives.
readonly SIMULATED=2000

require_root "$@"
require_sdk
COPY=$(mktemp -d)
trap 'rm -rf "$COPY"' EXIT
git -C "$ROOT" -c safe.directory="$ROOT" archive HEAD | tar -x -C "$COPY"
git -C "$COPY" init -q
git -C "$COPY" add -A
git -C "$COPY" -c user.name=mutants -c user.email=mutants@localhost commit -qm copy

# The ends of these logs say how it was caught.
simulation() {
  dotnet build "$COPY/tests/MeshActors.UnitTests" -c Release -v quiet >"$1" 2>&1 || return 2
  SIMULATION_SCHEDULES=$SIMULATED dotnet test "$COPY/tests/MeshActors.UnitTests" -c Release --no-build \
    --filter "FullyQualifiedName~Every_promise_is_kept_in_every_schedule" >"$1" 2>&1
}

gameday() {
  local log=$1
  shift
  dotnet publish "$COPY/src/MeshActors.Controller" -c Release -v quiet -o "$COPY/artifacts/published/mesh-controller" >"$log" 2>&1 || return 2
  dotnet build "$COPY/tests/MeshActors.Gameday" -c Release -v quiet >"$log" 2>&1 || return 2
  (cd "$COPY" && GAMEDAY_BUILT=1 deploy/gameday.sh --until-failed --disk 0 "$@" >"$log" 2>&1)
}

caught=0
missed=0
for patch in "$ROOT"/tests/mutants/*.patch; do
  name=$(basename "$patch" .patch)
  [[ $# -eq 0 || " $* " == *" $name "* ]] || continue
  read -r -a check <<<"$(sed -n 's/^Check: //p' "$patch")"
  git -C "$COPY" checkout -q .
  git -C "$COPY" apply "$patch"
  log=$COPY/$name.log
  status=0
  "${check[0]}" "$log" "${check[@]:1}" || status=$?
  if [[ $status -eq 1 ]]; then
    caught=$((caught + 1))
    echo "caught: $name, by ${check[*]}: $(grep -m 1 -E '^ +(Acknowledged|Revision|The journal|machine|at rest|after a change)|Seed [0-9]+ \(' "$log" | sed 's/^ *//' | cut -c 1-200)"
  else
    missed=$((missed + 1))
    echo "NOT caught: $name (status $status); the end of its log:"
    tail -n 5 "$log"
  fi
done
echo "$caught caught, $missed NOT caught"
[[ $missed -eq 0 && $caught -gt 0 ]]
