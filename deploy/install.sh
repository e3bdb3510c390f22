#!/usr/bin/env bash
# Sets a controller or an agent up on this host, as a systemd service; the same command again upgrades it.
#
#   sudo deploy/install.sh controller [--advertise HOST[:PORT]]... [--listen ADDR:PORT]
#   sudo deploy/install.sh agent [--url-file FILE] [--child-prefix CIDR]... [--name NAME] [--endpoint HOST:PORT]...
#   sudo deploy/install.sh controller|agent --uninstall [--purge]
#
# Common options:
#   --from DIR     take programs that are built already: DIR/mesh-controller/, DIR/meshctl/meshctl, DIR/meshd/meshd
#   --root DIR     put the files below DIR and leave this host alone (images, packages)
#
# The join URL is a secret, so it is no argument: --url-file names a file that holds it; `-` reads standard input.
# Exit status: 0 done; 1 failed; 2 bad usage; 4 the host cannot run it as a service.
set -euo pipefail
# shellcheck source=deploy/prepare.sh
source "$(dirname "$0")/prepare.sh"

readonly INSTALL_BUILD=$ROOT/artifacts/install
readonly LIBRARY=/usr/local/lib/mesh-controller
readonly PROGRAMS_DIR=/usr/local/bin
readonly UNITS=/etc/systemd/system
readonly START_SECONDS=60 # a first start makes a CA, a journal and an organization in a few; a slow disk needs more

role=""
root=""
from=""
uninstall=false
purge=false
url_file=""
settings=()

usage() {
  echo "install.sh: $* See $0 --help." >&2
  exit 2
}

help() {
  sed -n '2,13s/^# \{0,1\}//p' "$0"
  exit 0
}

cannot() {
  echo "install.sh: $*" >&2
  exit 4
}

# list_setting NAME VALUE: adds to a setting that is a list with commas.
list_setting() {
  local i
  for i in "${!settings[@]}"; do
    if [[ ${settings[i]} == "$1="* ]]; then
      settings[i]+=",$2"
      return
    fi
  done
  settings+=("$1=$2")
}

parse() {
  case ${1:-} in
    controller | agent) role=$1 ;;
    -h | --help) help ;;
    *) usage "say controller or agent." ;;
  esac
  shift
  while [[ $# -gt 0 ]]; do
    case $1 in
      --uninstall) uninstall=true ;;
      --purge) purge=true ;;
      -h | --help) help ;;
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
      --from | --root | --url-file | --advertise | --listen | --child-prefix | --name | --endpoint)
        [[ -n ${2:-} ]] || usage "$1 needs a value."
        option "$1" "$2"
        shift
        ;;
      *) usage "unknown option $1." ;;
    esac
    shift
  done
  [[ $purge == false || $uninstall == true ]] || usage "--purge goes with --uninstall."
}

option() {
  [[ $2 != *[$'\n"\\']* ]] || usage "$1 cannot hold a quote, a backslash or a line break."
  case $role:$1 in
    *:--from) from=$(readlink -f "$2") || usage "there is no directory $2." ;;
    *:--root) root=$(readlink -m "$2") ;;
    agent:--url-file) url_file=$2 ;;
    agent:--child-prefix) list_setting MESHD_CHILD_PREFIX "$2" ;;
    agent:--endpoint) list_setting MESHD_ENDPOINT "$2" ;;
    agent:--name) settings+=("MESHD_NAME=$2") ;;
    controller:--advertise) list_setting MESH_CONTROLLER_ADVERTISE "$2" ;;
    controller:--listen) settings+=("MESH_CONTROLLER_LISTEN=$2") ;;
    *) usage "$1 is no option of $role." ;;
  esac
}

# Everything that may refuse is asked before anything is changed.
require_host() {
  [[ -z $root ]] || return 0
  [[ $EUID -eq 0 ]] || fail "This needs root: sudo $0 $role ..."
  [[ -d /run/systemd/system ]] || cannot "systemd does not run this host, so nothing would start $role. Nothing was changed." \
    "Run the program by hand or by another supervisor (README, 'Without systemd'), or stage the files with --root DIR."
}

runtime_id() {
  case $(uname -m) in
    x86_64) echo linux-x64 ;;
    aarch64) echo linux-arm64 ;;
    *) cannot "there is no build for $(uname -m): x86_64 and aarch64 are supported." ;;
  esac
}

# build PROJECT NAME: self-contained, so that the host needs no .NET to run it.
build() {
  echo "Building $2 ..."
  local log runtime
  runtime=$(runtime_id)
  log=$(mktemp)
  if ! as_owner dotnet publish "$ROOT/src/MeshActors.$1" -c Release -r "$runtime" --self-contained -v quiet \
    -o "$INSTALL_BUILD/$2" >"$log" 2>&1; then
    cat "$log" >&2
    rm "$log"
    fail "Building $2 failed: see above."
  fi
  rm "$log"
}

programs() {
  if [[ -n $from ]]; then
    local needed=("$from/meshd/meshd")
    [[ $role == agent ]] || needed=("$from/meshctl/meshctl" "$from/mesh-controller/mesh-controller")
    local program
    for program in "${needed[@]}"; do
      [[ -x $program ]] || fail "--from $from has no ${program#"$from"/}. Publish it there, or leave --from out to build it here."
    done
    [[ $role == agent || -e $from/mesh-controller/libcoreclr.so ]] ||
      fail "--from $from/mesh-controller needs an installed .NET: publish it with --self-contained, since the service's user sees no SDK in a home directory."
    return
  fi
  install_missing "${BUILD_NEEDS[@]}"
  require_sdk
  from=$INSTALL_BUILD
  if [[ $role == agent ]]; then
    build Agent meshd
  else
    build Cli meshctl
    build Controller mesh-controller
  fi
}

has_kernel_wireguard() { [[ -d /sys/module/wireguard ]] || modprobe --dry-run --quiet wireguard 2>/dev/null; }

packages() {
  [[ -z $root && $role == agent ]] || return 0
  local needs=(ip:iproute2 wg:wireguard-tools iptables:iptables)
  has_kernel_wireguard || needs+=(wireguard-go:wireguard-go)
  install_missing "${needs[@]}"
}

# put FILE TARGET MODE: replaced in one step, so that a running program keeps its old file.
put() {
  mkdir -p "$root$(dirname "$2")"
  install -m "$3" "$1" "$root$2.new"
  mv -f "$root$2.new" "$root$2"
}

# set_values FILE MODE NAME=VALUE...: writes these settings and keeps the file's others.
set_values() {
  local file=$root$1 mode=$2 setting
  mkdir -p "$(dirname "$file")"
  (
    umask 077
    touch "$file"
    cp "$file" "$file.new"
    for setting in "${@:3}"; do
      sed -i "/^${setting%%=*}=/d" "$file.new"
      printf '%s="%s"\n' "${setting%%=*}" "${setting#*=}" >>"$file.new"
    done
  )
  chmod "$mode" "$file.new"
  mv -f "$file.new" "$file"
}

read_url() {
  [[ -n $url_file ]] || return 0
  local url
  if [[ $url_file == - ]]; then
    read -r url || true
  else
    [[ -r $url_file ]] || fail "cannot read --url-file $url_file."
    read -r url <"$url_file" || true
  fi
  # The text itself is not repeated: it holds the join key.
  [[ $url =~ ^https://[^\"\\[:space:]]+$ ]] || fail "--url-file $url_file holds no https:// URL. \`meshctl join-key create\` prints one."
  settings+=("MESHD_URL=$url")
}

service() { [[ -n $root ]] || systemctl "$@"; }

# Restarting an agent or a controller drops no packet: the kernel keeps the mesh up.
start() {
  service daemon-reload
  service enable --quiet "$1"
  service restart "$1"
}

install_controller() {
  rm -rf "$root$LIBRARY.new"
  mkdir -p "$root$(dirname "$LIBRARY")"
  cp -r "$from/mesh-controller" "$root$LIBRARY.new"
  chmod -R u=rwX,go=rX "$root$LIBRARY.new"
  rm -rf "$root$LIBRARY"
  mv "$root$LIBRARY.new" "$root$LIBRARY"
  put "$from/meshctl/meshctl" "$PROGRAMS_DIR/meshctl" 0755
  put "$ROOT/deploy/systemd/mesh-controller.service" "$UNITS/mesh-controller.service" 0644
  set_values /etc/mesh-controller/mesh-controller.env 0644 "${settings[@]}"
  start mesh-controller.service
  [[ -z $root ]] || return 0
  local deadline=$((SECONDS + START_SECONDS))
  until "$PROGRAMS_DIR/meshctl" status >/dev/null 2>&1; do
    [[ $SECONDS -lt $deadline ]] || fail "mesh-controller does not answer after $START_SECONDS s: journalctl -u mesh-controller says why."
    sleep 0.5
  done
  echo "The controller runs. On a node, as root: meshd 'URL', with the URL that this prints:"
  echo "  sudo cat /var/lib/mesh-controller/default.join-url"
  echo "Look at it with: sudo meshctl status"
}

install_agent() {
  put "$from/meshd/meshd" "$PROGRAMS_DIR/meshd" 0755
  put "$ROOT/deploy/systemd/meshd.service" "$UNITS/meshd.service" 0644
  set_values /etc/meshd/meshd.env 0600 "${settings[@]}"
  if grep -q '^MESHD_URL=' "$root/etc/meshd/meshd.env"; then
    start meshd.service
    [[ -n $root ]] || echo "The agent runs. Look at it with: sudo meshd status; journalctl -u meshd"
  else
    service daemon-reload
    service enable --quiet meshd.service
    echo "The agent is installed and needs its join URL: put it in a file and give that again with --url-file FILE,"
    echo "or write MESHD_URL=\"...\" into $root/etc/meshd/meshd.env, and then: systemctl start meshd"
  fi
}

remove_controller() {
  service disable --quiet --now mesh-controller.service 2>/dev/null || true
  rm -rf "$root$LIBRARY"
  rm -f "$root$PROGRAMS_DIR/meshctl" "$root$UNITS/mesh-controller.service"
  service daemon-reload
  local data=("$root/var/lib/mesh-controller" "$root/var/lib/private/mesh-controller" "$root/etc/mesh-controller")
  if [[ $purge == true ]]; then rm -rf "${data[@]}"; else echo "Kept: ${data[0]} (CA, journal, secrets) and ${data[2]}. --purge removes them for good."; fi
}

remove_agent() {
  service disable --quiet --now meshd.service 2>/dev/null || true
  if [[ -z $root && -x $PROGRAMS_DIR/meshd ]]; then
    "$PROGRAMS_DIR/meshd" down
  fi
  rm -f "$root$PROGRAMS_DIR/meshd" "$root$UNITS/meshd.service"
  service daemon-reload
  local data=("$root/var/lib/meshd" "$root/etc/meshd")
  if [[ $purge == true ]]; then rm -rf "${data[@]}"; else echo "Kept: ${data[0]} (the node's identity) and ${data[1]}. --purge removes them for good."; fi
}

parse "$@"
require_host
if [[ $uninstall == true ]]; then
  "remove_$role"
  exit
fi
read_url
programs
packages
"install_$role"
