#!/usr/bin/env bash
# A private PostgreSQL 15 (Debian's package) for one data directory: without
# TCP, reached by a Unix socket in its own folder, which is closed to all other
# users.
#
#   private_postgres.sh serve FOLDER PORT      becomes the server; SIGINT ends it
#   private_postgres.sh is-ready FOLDER PORT   exit code 0 when it answers
#   private_postgres.sh prepare FOLDER PORT    makes role and databases that it
#                                              does not have yet
#   private_postgres.sh url FOLDER PORT NAME   prints the URL of a database,
#                                              shiming or shiming_keys
#
# FOLDER/cluster is made by the first `serve` and stays. PORT names the socket;
# nothing listens on it.
set -euo pipefail
unset "${!PG@}" # whatever the caller's psql uses

readonly bin=/usr/lib/postgresql/15/bin
# sun_path of a Unix socket, without its NUL byte.
readonly longest_socket=107

[ $# -ge 3 ] || { sed -n '2,15s/^# \{0,1\}//p' "$0" >&2 && exit 2; }
command=$1
folder=$(realpath -m "$2")
port=$3
cluster=$folder/cluster

fail() {
  printf 'private_postgres: %s\n' "$*" >&2
  exit 1
}

# The server refuses to run as root, so as root it runs as Debian's user
# postgres. That user may not be able to walk to FOLDER (in /root, say): it is
# handed the folder itself, open, as descriptor 8.
readonly handed=/proc/self/fd/8
as_server=(setpriv)
[ "$(id -u)" -ne 0 ] ||
  as_server+=(--reuid=postgres --regid=postgres --clear-groups)

make_cluster() {
  local new=$folder/cluster.new
  rm -rf "$new" # of a start that was broken off
  mkdir -m 0700 "$new"
  [ "$(id -u)" -ne 0 ] || chown postgres:postgres "$new"
  (cd / && exec "${as_server[@]}" "$bin/initdb" --pgdata="$handed" \
    --username=postgres --auth-local=trust --auth-host=reject \
    --encoding=UTF8 --locale=C --no-instructions) 8<"$new"
  mv "$new" "$cluster"
}

serve() {
  local pgrp session=(setsid)
  [ -x "$bin/postgres" ] || fail "the package postgresql-15 is missing"
  local socket=$cluster/.s.PGSQL.$port
  [ "$(printf %s "$socket" | wc -c)" -le $longest_socket ] ||
    fail "the path of its socket has more than $longest_socket bytes: $socket"
  mkdir -p "$folder"
  [ -d "$cluster" ] || make_cluster
  # Ctrl-C is for the script that has started this one: it ends the server last.
  # (The first of a process group cannot leave it, and need not.)
  read -r _ _ _ _ pgrp _ <"/proc/$$/stat"
  [ "$pgrp" -ne $$ ] || session=()
  kill -0 "$PPID" 2>/dev/null || exit 1 # nobody is left to end the server
  cd /
  exec 8<"$cluster"
  exec "${session[@]}" "${as_server[@]}" --pdeathsig QUIT "$bin/postgres" \
    -D "$handed" -p "$port" -c listen_addresses= \
    -c unix_socket_directories=. -c unix_socket_permissions=0700 \
    -c max_connections=120 # five databases with 16 connections each, and ours
}

ask() {
  "$bin/psql" -XAtqw -v ON_ERROR_STOP=1 -h "$cluster" -p "$port" -U postgres \
    -d postgres -c "$1"
}

prepare() {
  local name
  [ "$(ask "SELECT 1 FROM pg_roles WHERE rolname = 'shiming'")" = 1 ] ||
    ask "CREATE ROLE shiming LOGIN"
  # Keys of persons are apart, so that a dump of one does not hold the other.
  for name in shiming shiming_keys; do
    [ "$(ask "SELECT 1 FROM pg_database WHERE datname = '$name'")" = 1 ] ||
      ask "CREATE DATABASE $name OWNER shiming TEMPLATE template0
             ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
  done
}

url() {
  python3 - "$1" "$cluster" "$port" <<'PYTHON'
import sys, urllib.parse

name, host, port = sys.argv[1:]
print(f"postgres://shiming@/{name}?host={urllib.parse.quote(host)}&port={port}")
PYTHON
}

case $command in
  serve) serve ;;
  is-ready) exec "$bin/pg_isready" -q -h "$cluster" -p "$port" ;;
  prepare) prepare ;;
  url) url "${4:?NAME is missing}" ;;
  *) fail "unknown command $command" ;;
esac
