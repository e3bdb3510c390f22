#!/usr/bin/env bash
# Builds once and runs the tests; the last line is "N passed, N failed".
#
#   sudo tests/run.sh                     everything
#   tests/run.sh unit                     seconds, without root
#   sudo tests/run.sh system              the published programs, network namespaces, real WireGuard and Docker
#   tests/run.sh actor postgres           the cluster's tests, on SQLite, and once more on a real PostgreSQL
#   tests/run.sh actor [-- FILTER]        with a filter of `dotnet test`, as FullyQualifiedName~Refusal
set -euo pipefail
source "$(dirname "$0")/../deploy/prepare.sh"

# The longest test takes two minutes: one that is silent for longer hangs, and is named and ended.
readonly HANG=10m

RESULTS=$(mktemp -d)
suites=()
filter=()
failed_runs=0

finish() {
  rm -rf "$RESULTS"
  [[ $EUID -ne 0 ]] || "$ROOT/deploy/lab.sh" sweep
}

project_of() {
  case $1 in
    unit) echo MeshActors.UnitTests ;;
    actor | postgres) echo MeshActors.ActorTests ;;
    system) echo MeshActors.SystemTests ;;
  esac
}

build() {
  local suite targets=("$ROOT/MeshActors.sln")
  if [[ ${#suites[@]} -lt 4 ]]; then
    targets=()
    for suite in "${suites[@]}"; do targets+=("$ROOT/tests/$(project_of "$suite")"); done
    # Programs that the system tests start; the first refers to them.
    [[ " ${suites[*]} " != *" system "* ]] || targets+=("$ROOT/tests/MeshActors.Gameday" "$ROOT/tests/MeshActors.Benchmarks")
  fi
  for suite in "${targets[@]}"; do
    as_owner dotnet build "$suite" -c Release -v quiet || return 1
  done
}

run_suite() {
  local project
  project=$(project_of "$1")
  echo "== $project"
  # System tests make network namespaces; the others need no root, and write as whom the clone belongs to.
  local as=as_owner
  [[ $1 != system ]] || as=env
  local filter=("${filter[@]}") journal=sqlite
  if [[ $1 == postgres ]]; then
    journal=postgres
    # Not what would only run twice: transports, regions and the wire are the same on any journal.
    [[ ${#filter[@]} -gt 0 ]] || filter=(--filter "Journal!=SQLite&FullyQualifiedName!~Transports&FullyQualifiedName!~Regions&FullyQualifiedName!~Rendezvous&FullyQualifiedName!~WireTests&FullyQualifiedName!~GoldenTests&FullyQualifiedName!~HoconTests&FullyQualifiedName!~Telemetry")
  fi
  if ! $as env "MESH_TEST_JOURNAL=$journal" dotnet test "$ROOT/tests/$project" -c Release --no-build --results-directory "$RESULTS" \
    --logger "trx;LogFileName=$1.trx" --logger "console;verbosity=minimal" \
    --blame-hang-timeout $HANG --blame-hang-dump-type none "${filter[@]}"; then
    failed_runs=$((failed_runs + 1))
  fi
}

# count ATTRIBUTE: its sum over all results.
count() {
  cat "$RESULTS"/*.trx 2>/dev/null | { grep -o '<Counters [^>]*>' || true; } |
    { grep -o " $1=\"[0-9]*\"" || true; } | tr -dc '0-9\n' | awk '{ sum += $1 } END { print sum + 0 }'
}

sum_up() {
  local passed failed skipped
  passed=$(count passed)
  failed=$(($(count failed) + $(count error) + $(count timeout) + $(count aborted)))
  skipped=$(($(count total) - $(count executed)))
  # A test host that died counts even when it could not say which test it was.
  [[ $failed -gt 0 || $failed_runs -eq 0 ]] || failed=$failed_runs
  [[ $skipped -eq 0 ]] || echo "SKIPPED: $skipped tests, because this machine lacks what they need; see above."
  [[ $((passed + failed)) -gt 0 ]] || echo "No test ran."
  echo "$passed passed, $failed failed"
  [[ $failed -eq 0 && $passed -gt 0 ]]
}

while [[ $# -gt 0 ]]; do
  case $1 in
    unit | actor | postgres | system) suites+=("$1") ;;
    --) filter=(--filter "${2:?a filter after --}") && shift ;;
    *)
      sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
  shift
done
[[ ${#suites[@]} -gt 0 ]] || suites=(unit actor postgres system)

trap finish EXIT
if [[ " ${suites[*]} " == *" system "* ]]; then
  require_root "${suites[@]}"
  install_missing "${BUILD_NEEDS[@]}" "${LAB_NEEDS[@]}"
fi
[[ " ${suites[*]} " != *" actor "* && " ${suites[*]} " != *" postgres "* ]] || install_postgres
require_sdk
if ! build || { [[ " ${suites[*]} " == *" system "* ]] && ! (publish); }; then
  echo "The build failed."
  echo "0 passed, 1 failed"
  exit 1
fi
[[ $EUID -ne 0 ]] || chown "$(stat -c %U "$ROOT")" "$RESULTS"
for suite in "${suites[@]}"; do run_suite "$suite"; done
sum_up
