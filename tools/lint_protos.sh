#!/usr/bin/env bash
# buf lint (STANDARD, COMMENTS) over protos/. Installs buf from npm, at the
# locked version, when it is not there yet.
set -euo pipefail
cd "$(dirname "$0")/lint"
if ! command -v npm >/dev/null; then
  list=$(mktemp)
  trap 'rm -f "$list"' EXIT
  printf 'nodejs\nnpm\n' >"$list"
  ../install_packages.sh "$list"
fi
[ -x node_modules/.bin/buf ] || npm install --silent --no-save --no-audit --no-fund >&2
buf=$PWD/node_modules/.bin/buf
cd ../../protos
"$buf" lint
