#!/usr/bin/env bash
# A lab of machines on one machine, for the demo and the system tests. A lab machine is a process with its own network,
# mounts, host name and process ids: its /run and /var/lib are private, so each has its own Docker, WireGuard and meshd.
# It lives as long as the standard input of its first process is open; with it goes everything that it ran or made.
#
#   lab.sh machine NAME                     become a machine: prints its process id, runs until standard input ends
#   lab.sh in PID COMMAND...                run a command inside a machine
#   lab.sh internet PID                     make the machine a switch: 203.0.113.0/24 and 2001:db8:113::/64
#   lab.sh attach INTERNET PID HOST         plug a machine into the internet as 203.0.113.HOST, 2001:db8:113::HOST
#   lab.sh home INTERNET ROUTER PID HOST    put a machine behind a NAT router that lets nothing in
#   lab.sh docker PID                       start a Docker engine in a machine, with the image busybox
#   lab.sh sweep                            remove the empty control groups that dead machines leave
set -euo pipefail

readonly CGROUP=meshactors-lab
readonly ENGINE_WAIT_TENTHS=300 # of a second; a cold start takes 5 s on a slow disk

machine() {
  exec unshare --net --mount --uts --pid --fork --kill-child "$0" init "$1"
}

# Runs as process 1 of the machine. Bash, because it reaps the orphans that are handed to it.
init() {
  local host_pid
  read -r host_pid _ </proc/self/stat
  hostname "$1"
  mount -t tmpfs tmpfs /run
  mount -t tmpfs tmpfs /var/lib
  mount -t proc proc /proc
  ip link set lo up
  echo "$host_pid"
  trap : TERM INT
  while read -r _; do :; done
}

inside() {
  local pid=$1
  shift
  nsenter --target "$pid" --net --mount --uts --pid -- "$@"
}

internet() {
  inside "$1" ip link add internet type bridge
  inside "$1" ip link set internet up
}

attach() {
  local internet=$1 pid=$2 host=$3
  wire "$internet" "port$host" "$pid" eth0
  inside "$internet" ip link set "port$host" master internet
  address "$pid" eth0 "203.0.113.$host/24" "2001:db8:113::$host/64"
}

home() {
  local internet=$1 router=$2 pid=$3 host=$4
  attach "$internet" "$router" "$host"
  wire "$router" lan0 "$pid" eth0
  address "$router" lan0 192.168.77.1/24 fd77::1/64
  address "$pid" eth0 192.168.77.2/24 fd77::2/64
  inside "$pid" ip route add default via 192.168.77.1
  inside "$pid" ip -6 route add default via fd77::1
  inside "$router" sh -ec '
    sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    for tables in iptables ip6tables; do
      $tables -P INPUT DROP
      $tables -P FORWARD DROP
      $tables -A INPUT -i lan0 -j ACCEPT
      $tables -A FORWARD -i lan0 -j ACCEPT
      $tables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
      $tables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
    done
    # Without neighbour discovery there is no IPv6 on a wire at all.
    ip6tables -A INPUT -p ipv6-icmp --icmpv6-type neighbour-solicitation -j ACCEPT
    ip6tables -A INPUT -p ipv6-icmp --icmpv6-type neighbour-advertisement -j ACCEPT'
}

# A cable between two machines. The mounts stay the caller's: `ip` finds the other end by its process id here.
wire() {
  local pid=$1 link=$2 other=$3 peer=$4
  nsenter --target "$pid" --net ip link add "$link" type veth peer name "$peer" netns "$other"
  inside "$pid" ip link set "$link" up
}

address() {
  local pid=$1 link=$2
  inside "$pid" ip addr add "$3" dev "$link"
  inside "$pid" ip addr add "$4" dev "$link" nodad
  inside "$pid" ip link set "$link" up
}

docker_engine() {
  local pid=$1
  inside "$pid" env -u DOCKER_HOST -u DOCKER_CONTEXT sh -c '
    # The control groups of the host are shared: one parent that can be swept, and no systemd to ask for slices.
    echo "{}" >/run/dockerd.json
    dockerd --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent="/$1" --config-file=/run/dockerd.json \
      >/run/dockerd.log 2>&1 </dev/null &
    tenths=0
    until docker version >/dev/null 2>&1; do
      tenths=$((tenths + 1))
      if [ $tenths -gt "$2" ]; then
        echo "The Docker engine does not start; the end of its log:" >&2
        tail -n 20 /run/dockerd.log >&2
        exit 1
      fi
      sleep 0.1
    done
    mkdir -p /run/image/bin
    cp "$(command -v busybox)" /run/image/bin/busybox
    for name in $(busybox --list); do [ "$name" = busybox ] || ln -s busybox "/run/image/bin/$name"; done
    tar -C /run/image -c . | docker import - busybox >/dev/null
    rm -r /run/image' sh "$CGROUP" "$ENGINE_WAIT_TENTHS"
}

sweep() {
  # Only empty ones can be removed: those of machines that live stay.
  find /sys/fs/cgroup -depth -type d -path "*/$CGROUP*" -exec rmdir {} + 2>/dev/null || true
}

case "${1:-}" in
  machine | init | internet | attach | home | sweep) "$@" ;;
  in) shift && inside "$@" ;;
  docker) docker_engine "$2" ;;
  *)
    sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
