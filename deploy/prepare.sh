# shellcheck shell=bash
# Sourced by what builds and runs things from a clone: the demo, the tests, the installer.
# Installs the Debian packages that are missing, finds the .NET SDK, publishes the three programs.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT
readonly PUBLISHED=$ROOT/artifacts/published
declare -rA PROJECTS=([mesh-controller]=Controller [meshd]=Agent [meshctl]=Cli)

# A command that must exist and the Debian package that brings it. By command: Docker may well be docker-ce's.
readonly BUILD_NEEDS=(clang:clang)
readonly LAB_NEEDS=(ip:iproute2 iptables:iptables nft:nftables ping:iputils-ping wg:wireguard-tools
  wireguard-go:wireguard-go dockerd:docker.io docker:docker.io busybox:busybox-static jq:jq ps:procps
  initdb:postgresql)

fail() {
  echo "$*" >&2
  exit 1
}

require_root() {
  [[ $EUID -eq 0 ]] || fail "This needs root: sudo $0 $*"
}

# Debian keeps the programs of a PostgreSQL server off the PATH, one directory for each version.
has() {
  command -v "$1" >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null
}

# install_missing COMMAND:PACKAGE...
install_missing() {
  local need missing=()
  for need in "$@"; do
    has "${need%%:*}" || missing+=("${need##*:}")
  done
  [[ -e /usr/include/zlib.h || $* != *clang* ]] || missing+=(zlib1g-dev)
  [[ ${#missing[@]} -gt 0 ]] || return 0
  command -v apt-get >/dev/null || fail "Install these first, there is no apt-get here: ${missing[*]}"
  require_root
  echo "Installing Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || fail "apt-get update failed: see above."
  [[ " ${missing[*]} " != *" postgresql "* ]] || forbid_main_cluster
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install ${missing[*]}: see above."
}

# Its programs are in a directory of their version; the server that the package would start is not wanted.
install_postgres() {
  ! compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || return 0
  require_root
  mkdir -p /etc/postgresql-common
  [[ -e /etc/postgresql-common/createcluster.conf ]] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  install_missing postgres:postgresql
}

# The server's package starts a server of its own unless it is told not to; whoever needs one here starts it himself.
forbid_main_cluster() {
  apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null || fail "apt-get could not install postgresql-common: see above."
  sed -ri 's/^#?\s*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
}

# sudo drops a PATH that has ~/.dotnet in it: look where SDKs are usually put.
require_sdk() {
  local directory
  for directory in "" "${DOTNET_ROOT:-}" /usr/share/dotnet /usr/lib/dotnet /usr/local/share/dotnet "$HOME/.dotnet" \
    "$(getent passwd "${SUDO_USER:-}" | cut -d: -f6)/.dotnet"; do
    [[ -z $directory || ! -x $directory/dotnet ]] || PATH=$directory:$PATH
    if (cd "$ROOT" && dotnet --version) >/dev/null 2>&1; then
      DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
      export PATH DOTNET_ROOT DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
      return
    fi
  done
  fail "The .NET SDK that global.json asks for is missing ($(tr -d '\n ' <"$ROOT/global.json"))." \
    "Install it as https://learn.microsoft.com/dotnet/core/install/linux-debian says, then run this again."
}

# The build belongs to whom the clone belongs, so that the next build without sudo can write to it.
as_owner() {
  local owner
  owner=$(stat -c %U "$ROOT")
  if [[ $EUID -ne 0 || $owner == root || $owner == UNKNOWN ]]; then
    "$@"
  else
    runuser -u "$owner" -- env "PATH=$PATH" "DOTNET_ROOT=$DOTNET_ROOT" "HOME=$(getent passwd "$owner" | cut -d: -f6)" "$@"
  fi
}

# publish [PROGRAM]...: to $PUBLISHED/PROGRAM/PROGRAM and on the PATH; without names all of them.
publish() {
  install_missing "${BUILD_NEEDS[@]}"
  require_sdk
  local program log
  log=$(mktemp)
  [[ $# -gt 0 ]] || set -- "${!PROJECTS[@]}"
  for program in "$@"; do
    if ! as_owner dotnet publish "$ROOT/src/MeshActors.${PROJECTS[$program]}" -c Release -v quiet \
      -o "$PUBLISHED/$program" >"$log" 2>&1; then
      cat "$log" >&2
      rm "$log"
      fail "Publishing $program failed: see above."
    fi
    PATH=$PUBLISHED/$program:$PATH
  done
  rm "$log"
  export PATH
}
