#!/usr/bin/env bash
# Installs the Debian packages named in the given list files, once, quietly;
# does nothing when all are present. Uses sudo where not root.
set -euo pipefail

mapfile -t wanted < <(grep -hvE '^(#|$)' "$@")
missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=""
[ "$(id -u)" -eq 0 ] || sudo=sudo
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
if ! { $sudo apt-get update -q &&
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  exit 1
fi
