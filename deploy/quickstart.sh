#!/usr/bin/env bash
# From a bare Debian 12 to an issued one-time activation code, in one command:
# installs what is missing, builds, makes a development PKI, starts everything
# with simulators of what is outside, runs one whole issuance, and stays up.
#
#   deploy/quickstart.sh [--once] [--postgres] [--json FILE] [--data DIR]
#                        [--port-base N]
#
# --once         stop everything after the issuance
# --postgres     databases on a private PostgreSQL 15 in the data directory, in
#                place of SQLite files; a data directory stays on its engine
# --json FILE    write what was issued
# --data DIR     where keys, databases and the log live (default .quickstart);
#                a second run starts where the first one ended
# --port-base N  first of 40 ports on 127.0.0.1 (default 17600)
#
# Everything here is a DEMO: synthetic people, a simulated SM-DP+, a face
# engine that always agrees, a shop that is always open.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

once=false
postgres=false
json=""
data=$root/.quickstart
port_base=17600
while [ $# -gt 0 ]; do
  case $1 in
    --once) once=true ;;
    --postgres) postgres=true ;;
    --json) json=$2 && shift ;;
    --data) data=$2 && shift ;;
    --port-base) port_base=$2 && shift ;;
    -h | --help) sed -n '2,20s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) echo "unknown option $1; see --help" >&2 && exit 2 ;;
  esac
  shift
done
mkdir -p "$data"
data=$(cd "$data" && pwd)
[ -z "$json" ] || json=$(realpath -m "$json")

started=$(date +%s.%N)
step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
fail() {
  printf '\nquickstart: %s\n' "$*" >&2
  for log in "$data"/run/*.out; do
    [ -s "$log" ] && printf -- '--- the end of %s\n' "$log" >&2 && tail -n 5 "$log" >&2
  done
  exit 1
}

exec 9>"$data/lock"
flock -n 9 || { echo "another quickstart uses $data" >&2; exit 1; }
if ! $postgres && [ -d "$data/postgres" ]; then
  echo "the databases of $data are on PostgreSQL: add --postgres" >&2
  exit 1
fi

# --- every process that is started here ends with this script, by its pid
pids=()
server="" # PostgreSQL's
end_server=TERM
finish() {
  local pid
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  [ -n "$server" ] || return 0
  # Last, for the others write until they end.
  kill -s "$end_server" "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
}
trap finish EXIT
trap 'exit 130' INT TERM
# run NAME COMMAND...: in the background, as $!; its output goes to run/NAME.out
run() {
  local name=$1
  shift
  "$@" >"$data/run/$name.out" 2>&1 9>&- &
}
background() {
  run "$@"
  pids+=($!)
}
# Its own port of the 40, which names the socket.
private_postgres() {
  deploy/private_postgres.sh "$1" "$data/postgres" $((port_base + 30)) "${@:2}"
}

step "1/6 packages"
packages=(tools/packages.txt)
! $postgres || packages+=(tools/postgres_packages.txt)
tools/install_packages.sh "${packages[@]}"
echo "all there"

step "2/6 build (the first time takes some minutes)"
bazel build --show_progress --show_progress_rate_limit=20 \
  //services/all_in_one:shimingd \
  //services/simulators/smdp_plus:smdp_plus \
  //services/simulators/identity_authority:identity_authority \
  //tools/shimingctl:shimingctl //tools/shiming_terminal:shiming_terminal \
  9>&- || fail "the build failed"
bin=$root/bazel-bin
ctl() { "$bin/tools/shimingctl/shimingctl" "$@" --data "$data"; }
device() { "$bin/tools/shiming_terminal/shiming_terminal" "$@"; }

step "3/6 keys, certificates, configuration in $data"
databases=()
if $postgres; then
  url=$(private_postgres url shiming)
  key_url=$(private_postgres url shiming_keys)
  databases=(--database-url "$url" --key-database-url "$key_url")
fi
ctl init --port-base "$port_base" "${databases[@]}"
mkdir -p "$data/run" "$data/demo"
if [ ! -e "$data/demo/stock/iccids.csv" ]; then
  device stock --count=5000 --out="$data/demo/stock"
fi
source "$data/config/addresses.sh"

step "4/6 start"
if $postgres; then
  run postgres deploy/private_postgres.sh serve "$data/postgres" \
    $((port_base + 30))
  server=$!
  answers=false
  for _ in $(seq 1 600); do
    kill -0 "$server" 2>/dev/null || fail "PostgreSQL ended at once"
    if private_postgres is-ready; then answers=true && break; fi
    sleep 0.1
  done
  $answers || fail "PostgreSQL does not answer"
  end_server=INT # its fast shutdown; before it serves it would not hear that
  private_postgres prepare
  echo "PostgreSQL is at $url"
fi
# In earnest the regulator runs it, on a machine and with a key of his own.
background witness "$bin/tools/shimingctl/shimingctl" witness \
  --config "$data/config/witness.textproto"
background smdp_plus "$bin/services/simulators/smdp_plus/smdp_plus" \
  --flagfile="$data/config/smdp_plus.flags" --stock="$data/demo/stock/iccids.csv"
background identity_authority \
  "$bin/services/simulators/identity_authority/identity_authority" \
  --flagfile="$data/config/identity_authority.flags"
background shimingd "$bin/services/all_in_one/shimingd" \
  --config="$data/config/shimingd.textproto"
shimingd=$!
ready=false
for _ in $(seq 1 300); do
  for pid in "${pids[@]}" ${server:+"$server"}; do
    kill -0 "$pid" 2>/dev/null || fail "a process ended at once"
  done
  if ctl status >"$data/run/status.txt" 2>&1; then ready=true && break; fi
  sleep 0.1
done
cat "$data/run/status.txt"
$ready || fail "not everything became ready"

step "5/6 enrollment: proposed by admin-1, approved by admin-2"
approve() { ctl approve "$1" --as admin-2; }
if [ ! -e "$data/demo/enrolled" ]; then
  approve "$(ctl enroll shop demo --name 演示营业厅 --region 11 \
    --zones 127.0.0.0/8 --hours always --as admin-1)"
  device keys --kind=terminal --out="$data/demo/terminal"
  device keys --kind=display --out="$data/demo/display"
  ctl certify terminal demo/t1 --tls-key "$data/demo/terminal/tls.pub" \
    --out "$data/demo/terminal/tls.crt"
  ctl certify display demo/d1 --tls-key "$data/demo/display/tls.pub" \
    --out "$data/demo/display/tls.crt"
  approve "$(ctl enroll terminal demo/t1 --tls-key "$data/demo/terminal/tls.pub" \
    --evidence-key "$data/demo/terminal/evidence.pub" --as admin-1)"
  approve "$(ctl enroll display demo/d1 --tls-key "$data/demo/display/tls.pub" \
    --terminal t1 --as admin-1)"
  approve "$(ctl enroll clerk clerk-1 --shop demo --role clerk \
    --out "$data/demo/clerk" --as admin-1)"
  ctl import device-models "$data/demo/stock/device_models.csv" --as admin-1
  ctl import numbers "$data/demo/stock/numbers.csv" --as admin-1
  ctl import iccids "$data/demo/stock/iccids.csv" --smdp smdp-1 --as admin-1
  touch "$data/demo/enrolled"
else
  echo "done in an earlier run"
fi

step "6/6 one issuance"
counter=$(($(cat "$data/demo/counter" 2>/dev/null || echo 0) + 1))
echo "$counter" >"$data/demo/counter.new"
mv "$data/demo/counter.new" "$data/demo/counter"
visit=$data/demo/visits/$counter
device customer --counter="$counter" --out="$visit"
eid=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["eid"])' "$visit/phone.json")
imei=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["imei"])' "$visit/phone.json")
echo "synthetic customer $counter with phone $eid"

# The customer display, in its own process with its own key.
"$bin/tools/shiming_terminal/shiming_terminal" display \
  --config="$data/config/display.textproto" --demo_out="$visit" >"$visit/display.out" 2>&1 9>&- &
display=$!
pids+=("$display")
# The customer's phone: downloads as soon as the code is on the display.
(
  wait_for=0
  until [ -e "$visit/activation_code.txt" ]; do
    kill -0 "$display" 2>/dev/null || [ -e "$visit/activation_code.txt" ] || exit 1
    sleep 0.1
    wait_for=$((wait_for + 1))
    [ "$wait_for" -lt 1800 ] || exit 1
  done
  exec "$bin/services/simulators/smdp_plus/smdp_plus" download \
    --url="http://$SMDP_DEVICE_ADDRESS" --eid="$eid" \
    --activation_code="$(cat "$visit/activation_code.txt")"
) >"$visit/download.out" 2>&1 9>&- &
pids+=($!)

device issue --config="$data/config/terminal.textproto" --clerk=clerk-1 \
  --password_file="$data/demo/clerk/password" \
  --totp_seed_file="$data/demo/clerk/totp_seed" \
  --card_block="$visit/card_block.bin" --eid="$eid" --imei="$imei" \
  --profile_type=CONSUMER-5G --wait=2m \
  --receipt="$visit/receipt.json" --json="$visit/issued.json" || {
  cat "$visit/display.out" "$visit/download.out" >&2
  fail "the issuance was refused"
}
wait "$display" || { cat "$visit/display.out" >&2; fail "the display failed"; }
cat "$visit/display.out"

echo
echo "the receipt, checked with nothing but the verifier keys of log and witness:"
"$bin/tools/shimingctl/shimingctl" receipt verify "$visit/receipt.json" \
  --policy "$data/keys/ledger.policy" --proof-out "$visit/receipt.tlog-proof"
echo "the whole log, from its files:"
"$bin/tools/shimingctl/shimingctl" ledger verify --log "$data/log" \
  --policy "$data/keys/ledger.policy"

if [ -n "$json" ]; then
  python3 - "$data" "$visit" "$eid" "$json" "$started" \
    "$($postgres && echo postgres || echo sqlite)" <<'PYTHON'
import json, pathlib, sys, time

data, visit, eid, out, started, engine = sys.argv[1:]
data, visit = pathlib.Path(data), pathlib.Path(visit)
issued = json.loads((visit / "issued.json").read_text())
addresses = {}
for line in (data / "config/addresses.sh").read_text().splitlines():
    if "=" in line and not line.startswith("#"):
        name, value = line.split("=", 1)
        addresses[name.lower()] = value
vkey = (data / "keys/ledger.vkey").read_text().strip()
result = {
    "demo": True,
    "database": engine,
    "activation_code": (visit / "activation_code.txt").read_text().strip(),
    "qr_png": str(visit / "qr.png"),
    "qr_svg": str(visit / "qr.svg"),
    "order_id": issued["order_id"],
    "session_id": issued["session_id"],
    "eid": eid,
    "iccid": issued["iccid"],
    "msisdn_masked": issued["msisdn_masked"],
    "ledger": {
        "origin": vkey.split("+")[0],
        "verifier_key": vkey,
        "policy_file": str(data / "keys/ledger.policy"),
        "url": "https://" + addresses["log_address"] + "/",
        "dir": str(data / "log"),
        "entry_index": issued["entry_index"],
        "receipt_file": str(visit / "receipt.json"),
    },
    "addresses": addresses,
    "pki_dir": str(data / "pki"),
    "timings": issued["timings_ms"],
    "total_seconds": round(time.time() - float(started), 3),
}
path = pathlib.Path(out)
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
PYTHON
  echo "written to $json"
fi

printf '\ndone in %.0f s\n' "$(python3 -c 'import sys,time; print(time.time()-float(sys.argv[1]))' "$started")"
if $once; then exit 0; fi
step "everything stays up; Ctrl-C ends it"
grep -v '^#' "$data/config/addresses.sh"
echo "another customer:   deploy/quickstart.sh --once (with another --data), or see README.md"
wait "$shimingd"
