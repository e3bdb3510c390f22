#!/usr/bin/env bash
# Breaks a cluster of three controllers on a real PostgreSQL, from a seed, while clients join, claim, announce, withdraw,
# remove, replace and stream; judges it after each schedule. Exit code 1 when a promise was not kept.
#
#   sudo deploy/gameday.sh [--seed N] [--schedules M] [--disk K] [--kept FILE] [--config FILE] [--keep]
#
# Each schedule has its own seed, N, N+1, ...: one alone runs again with --seed N --schedules 1. GAMEDAY_BUILT=1 takes
# what is published and built already.
set -euo pipefail
source "$(dirname "$0")/prepare.sh"

require_root "$@"
install_missing "${BUILD_NEEDS[@]}" "${LAB_NEEDS[@]}"
require_sdk
if [[ ${GAMEDAY_BUILT:-} != 1 ]]; then
  publish mesh-controller
  [[ ${1:-} != packets ]] || publish meshd
  as_owner dotnet build "$ROOT/tests/MeshActors.Gameday" -c Release -v quiet
fi
# The collector is set as where the controller is installed.
read -ra collector < <(sed -n 's/^Environment=\(DOTNET_gc.*\)/\1/p' "$ROOT/deploy/systemd/mesh-controller.service")
# The driver gets a network and mounts of its own, and plugs it into the lab's. It ends with this script, and the lab with it.
exec env "${collector[@]}" unshare --net --mount --kill-child --fork -- dotnet "$ROOT/artifacts/bin/MeshActors.Gameday/release/MeshActors.Gameday.dll" "$@"
