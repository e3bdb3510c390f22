#!/usr/bin/env bash
# The scenario of the user guide on this one machine: two nodes with a Docker network and a container each, and a laptop
# behind a NAT router without an open port; all reach each other through the mesh, IPv4 and IPv6.
#
#   sudo deploy/demo.sh                   install what is missing, build, bring it up, print who pings whom
#   sudo deploy/demo.sh status            print who pings whom again
#   sudo deploy/demo.sh exec NAME CMD...  run a command on controller, node1, node2, laptop, home or internet
#   sudo deploy/demo.sh down              remove every trace
set -euo pipefail
source "$(dirname "$0")/prepare.sh"
# Compiling the controller ahead takes longer than it saves in one start.
export PublishReadyToRun=false

readonly STATE=/run/meshactors-demo
readonly LAB=$ROOT/deploy/lab.sh
readonly MACHINES=(internet controller node1 node2 home laptop)
readonly PLACES=(node1 node2 laptop container1 container2)
readonly CONVERGE_SECONDS=60 # the mesh is up in about two; a loaded machine with a userspace WireGuard needs more

STARTED=${EPOCHREALTIME/./}

say() {
  local elapsed_ms=$(((${EPOCHREALTIME/./} - STARTED) / 1000))
  printf '%4d.%d s  %s\n' $((elapsed_ms / 1000)) $((elapsed_ms % 1000 / 100)) "$*"
}

pid_of() { cat "$STATE/$1.pid" 2>/dev/null; }
on() { "$LAB" in "$(pid_of "$1")" "${@:2}"; }

# service MACHINE COMMAND...: runs on in the background, output to MACHINE.log.
service() {
  echo "\$ ${*:2}" >>"$STATE/$1.log"
  setsid "$LAB" in "$(pid_of "$1")" "${@:2}" >>"$STATE/$1.log" 2>&1 </dev/null &
}

# eventually SENTENCE COMMAND...
eventually() {
  local deadline=$((SECONDS + CONVERGE_SECONDS))
  until "${@:2}"; do
    [[ $SECONDS -lt $deadline ]] || fail "Not within $CONVERGE_SECONDS s: $1. The logs are in $STATE."
    sleep 0.1
  done
}

is_up() { [[ -e $STATE/laptop.pid ]] && kill -0 "$(pid_of laptop)" 2>/dev/null; }

make_machines() {
  local machine
  mkdir -p "$STATE"
  mkfifo "$STATE/open"
  for machine in "${MACHINES[@]}"; do
    # A pipe that the machine itself holds open never ends: it lives until `down`.
    setsid "$LAB" machine "$machine" <>"$STATE/open" >"$STATE/$machine.pid" 2>"$STATE/$machine.log" &
  done
  for machine in "${MACHINES[@]}"; do
    eventually "the machine $machine starts" test -s "$STATE/$machine.pid"
  done
  "$LAB" internet "$(pid_of internet)"
  "$LAB" attach "$(pid_of internet)" "$(pid_of controller)" 10
  "$LAB" attach "$(pid_of internet)" "$(pid_of node1)" 1
  "$LAB" attach "$(pid_of internet)" "$(pid_of node2)" 2
  "$LAB" home "$(pid_of internet)" "$(pid_of home)" "$(pid_of laptop)" 77
}

start_engines() {
  "$LAB" docker "$(pid_of node1)" &
  local first=$!
  "$LAB" docker "$(pid_of node2)"
  wait "$first"
}

start_controller() {
  service controller mesh-controller --data-dir /var/lib/mesh-controller --advertise 203.0.113.10
  eventually "the controller writes its join URL" on controller test -s /var/lib/mesh-controller/default.join-url
  JOIN_URL=$(on controller cat /var/lib/mesh-controller/default.join-url)
}

# What a user of the guide types, and nothing more; the IPv6 prefixes are ours.
follow_the_guide() {
  service node1 meshd --child-prefix=172.24.0.0/24 --child-prefix=fd00:24::/64 "$JOIN_URL"
  service node2 meshd router --advertise-cidr=172.28.0.0/24,fd00:28::/64 "$JOIN_URL"
  service laptop meshd "$JOIN_URL"
  on node1 docker network create --driver=bridge --subnet=172.24.0.0/24 --ipv6 --subnet=fd00:24::/64 net1 >/dev/null
  on node2 docker network create --driver=bridge --subnet=172.28.0.0/24 --ipv6 --subnet=fd00:28::/64 net1 >/dev/null
  on node1 docker run -d --rm --name container1 --network=net1 busybox sleep 1000000 >/dev/null
  on node2 docker run -d --rm --name container2 --network=net1 busybox sleep 1000000 >/dev/null
}

# address PLACE 4|6
address() {
  case $1$2 in
    container?4) on "node${1#container}" docker inspect -f '{{.NetworkSettings.Networks.net1.IPAddress}}' "$1" ;;
    container?6) on "node${1#container}" docker inspect -f '{{.NetworkSettings.Networks.net1.GlobalIPv6Address}}' "$1" ;;
    *) on "$1" ip -json "-$2" addr show dev wg0 | jq -r '[.[].addr_info[]? | select(.scope == "global")][0].local // ""' ;;
  esac 2>/dev/null
}

# pings PLACE ADDRESS...: prints yes or NO for each.
pings() {
  local shell=(on "$1" sh)
  [[ $1 != container? ]] || shell=(on "node${1#container}" docker exec "$1" sh)
  # shellcheck disable=SC2016  # runs there
  "${shell[@]}" -c 'for a; do if [ "$a" != - ] && ping -c 1 -W 2 "$a" >/dev/null 2>&1; then echo yes; else echo NO; fi; done' \
    sh "${@:2}"
}

# Prints the table; false when someone does not reach someone.
who_pings_whom() {
  local family place to=() answers all=true
  for family in 4 6; do
    to=()
    for place in "${PLACES[@]}"; do
      place=$(address "$place" $family || true)
      to+=("${place:--}")
    done
    printf '\nIPv%s %-7s' $family from
    printf ' %-24s' "${PLACES[@]}"
    printf '\n%-12s' to
    printf ' %-24s' "${to[@]}"
    echo
    for place in "${PLACES[@]}"; do
      mapfile -t answers < <(pings "$place" "${to[@]}")
      [[ ${answers[*]} == "yes yes yes yes yes" ]] || all=false
      printf '%-12s' "$place"
      printf ' %-24s' "${answers[@]}"
      echo
    done
  done
  echo
  $all
}

everyone_answers() { who_pings_whom >"$STATE/table" 2>&1; }

first_ping() { [[ $(pings container1 "$(address container2 4)") == yes ]]; }

up() {
  if is_up; then
    echo "The demo is up already. 'sudo deploy/demo.sh down' removes it."
    status
    return
  fi
  down
  trap 'trap - EXIT; echo "Removing what was made." >&2; kill $(jobs -p) 2>/dev/null; down' EXIT
  trap 'exit 130' INT TERM
  say "Packages"
  install_missing "${LAB_NEEDS[@]}"
  say "Building mesh-controller and meshd"
  publish mesh-controller meshd
  say "Machines: ${MACHINES[*]}"
  make_machines
  say "Docker engines on node1 and node2, the controller"
  start_engines &
  local engines=$!
  start_controller
  wait $engines
  say "Following the guide"
  follow_the_guide
  eventually "container1 pings container2" first_ping
  say "First ping from container to container: $(((${EPOCHREALTIME/./} - STARTED) / 1000000)) s after the start"
  say "Building meshctl; nobody waited for it so far"
  publish meshctl
  if ! eventually_all; then
    cat "$STATE/table"
    cp -r "$STATE" /tmp/meshactors-demo-failed
    fail "Not everyone answers; the logs are in /tmp/meshactors-demo-failed."
  fi
  trap - EXIT INT TERM
  cat "$STATE/table"
  look_around
}

eventually_all() {
  local deadline=$((SECONDS + CONVERGE_SECONDS))
  until everyone_answers; do [[ $SECONDS -lt $deadline ]] || return 1; done
}

look_around() {
  cat <<EOT
It is left running. Look around:
  sudo deploy/demo.sh status                               who pings whom, now
  sudo deploy/demo.sh exec node1 meshd status              a node's peers and warnings; also node2, laptop
  sudo deploy/demo.sh exec controller meshctl node list    the operator's view; also prefix list, events list
  sudo deploy/demo.sh exec node1 docker exec -it container1 sh
  sudo deploy/demo.sh exec laptop wg
  ls $STATE/*.log                          what each program says
Remove it:
  sudo deploy/demo.sh down
EOT
}

status() {
  is_up || fail "The demo is not up: sudo deploy/demo.sh"
  who_pings_whom || fail "Not everyone answers."
}

down() {
  local machine pid
  for machine in "${MACHINES[@]}"; do
    pid=$(pid_of "$machine") || continue
    # A process id may have been given to another since: only the first process of a machine is killed.
    if [[ -n $pid && $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) == *"lab.sh init $machine"* ]]; then
      kill -KILL "$pid"
      while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    fi
  done
  rm -rf "$STATE"
  "$LAB" sweep
}

require_root "$@"
case "${1:-up}" in
  up | status | down) "${1:-up}" ;;
  exec)
    is_up || fail "The demo is not up: sudo deploy/demo.sh"
    PATH=$PUBLISHED/meshd:$PUBLISHED/meshctl:$PUBLISHED/mesh-controller:$PATH
    on "${@:2}"
    ;;
  *)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
