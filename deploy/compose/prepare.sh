#!/usr/bin/env bash
# Makes what compose.yaml needs and nobody else may read: the CA that the controllers share, and the database's password.
#
#   ./prepare.sh HOST      HOST is where agents reach this machine: a DNS name or an address
#
# Run again with another HOST it changes that alone.
set -euo pipefail
cd "$(dirname "$0")"

readonly CONTAINER_USER=10001

[[ $# -eq 1 && $1 =~ ^[A-Za-z0-9.:-]+$ ]] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[[ $EUID -eq 0 ]] || { echo "This needs root: the files are for the containers' user alone. sudo $0 $*" >&2; exit 4; }

umask 077
mkdir -p secrets ca
echo "MESH_HOST=$1" >.env
if [[ ! -e secrets/database-password ]]; then
  head -c 24 /dev/urandom | base64 | tr -d '/+=\n' >secrets/database-password
  printf 'postgresql://mesh:%s@database/mesh' "$(cat secrets/database-password)" >secrets/database-url
fi
chown "$CONTAINER_USER:$CONTAINER_USER" secrets/database-url ca
if [[ ! -e ca/ca.pem ]]; then
  docker compose build controller1
  docker run --rm -v "$PWD/ca:/ca" mesh-controller ca create /ca
fi
echo "Ready: docker compose up -d"
