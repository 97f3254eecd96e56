#!/usr/bin/env bash
# Checks the include rules of docs/repo_layout.md over all tracked C++ files.
# Prints each line that breaks one; exits 1 if there is any.
set -uo pipefail
cd "$(dirname "$0")/.."

broken=0
# refuse <rule> <ERE of included path> <path spec>...: no file under the path
# specs may include a header that matches. Path specs may be git excludes.
refuse() {
  local rule=$1 pattern=$2
  shift 2
  local hits
  hits=$(git grep -nE "^#include [<\"]($pattern)" -- "$@" || true)
  if [ -n "$hits" ]; then
    printf '%s\n%s\n' "breaks: $rule" "$hits"
    broken=1
  fi
}
# no_text <rule> <ERE> <path spec>...: no line may match.
no_text() {
  local rule=$1 pattern=$2
  shift 2
  local hits
  hits=$(git grep -nE "$pattern" -- "$@" || true)
  if [ -n "$hits" ]; then
    printf '%s\n%s\n' "breaks: $rule" "$hits"
    broken=1
  fi
}

grpc='grpc/|grpcpp/|grpc\+\+/|[a-z0-9_/]*\.grpc\.pb\.h'
rooms='terminal_session|identity_verification|profile_order|appointment|issuance_ledger|gateway|all_in_one|simulators'

refuse 'OpenSSL only in common/crypto and common/http' 'openssl/' \
  '*.cc' '*.h' ':!common/crypto' ':!common/http'
refuse 'gRPC only in common/rpc, common/process, common/testing, service roots, tests, tools' "$grpc" \
  common identity ledger storage 'services/*/core/*' 'services/*/store/*' 'services/*/smdp/*' \
  ':!common/rpc' ':!common/process' ':!common/testing'
refuse 'common depends on common only' '(services|storage|identity|ledger|tools|tests)/' \
  common ':!common/rpc/ledger_sink.*' ':!common/testing'
refuse 'identity and ledger depend on common (not rpc, http) only' \
  '(services|storage|tools|tests|common/rpc|common/http)/' identity ledger
refuse 'storage depends on common (not rpc, http) only' \
  '(services|identity|ledger|tools|tests|common/rpc|common/http)/' storage
refuse 'core: no storage, rpc or http' '(common/rpc|common/http|storage)/|sqlite3|libpq' \
  'services/*/core/*' ':!services/*/core/*_test.cc'
refuse 'smdp: no rpc, no storage' '(common/rpc|storage)/' 'services/*/smdp/*'
refuse 'nothing includes tests or testing, but tests' '(tests|[a-z_/]*/testing)/' \
  common identity ledger storage services tools \
  ':!*_test.cc' ':!*/testing/*' ':!tests'
refuse 'nothing includes tools' 'tools/' common identity ledger storage services
for room in $(printf '%s' "$rooms" | tr '|' ' '); do
  others=$(printf '%s' "$rooms" | tr '|' '\n' | grep -vx "$room" | paste -sd'|')
  [ "$room" = all_in_one ] && continue
  refuse "services/$room includes no other service" "services/($others)/" "services/$room"
done
refuse 'simulators share no code with the product but common' \
  '(storage|identity|ledger|services/('"${rooms//|simulators/}"'))/' services/simulators
refuse 'sqlite3 and libpq only in storage/sql and its fault wrappers' \
  'sqlite3\.h|libpq-fe\.h' '*.cc' '*.h' ':!storage/sql' ':!storage/testing' ':!tests'
no_text 'SQL text only in storage and services/*/store' \
  '"(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|CREATE INDEX) ' \
  '*.cc' '*.h' ':!storage' ':!services/*/store/*' ':!tests'
refuse 'Beast only in common/http' 'boost/beast' '*.cc' '*.h' ':!common/http'
refuse 'spdlog only in common/log' 'spdlog/' '*.cc' '*.h' ':!common/log'
refuse 'prometheus only in common/metrics' 'prometheus/' '*.cc' '*.h' ':!common/metrics'
refuse 'no nlohmann/json.hpp in headers' 'nlohmann/json\.hpp' '*.h'
no_text 'absl::Mutex and absl::string_view as our own types' \
  'absl::Mutex|absl/synchronization/mutex.h' '*.cc' '*.h' \
  ':!common/rpc/process.cc' # switches off its search for lock cycles

exit $broken
