#!/usr/bin/env bash
# Measures whole issuances over mTLS against the real binaries, and in the same
# run the null pipeline: the same processes, connections and calls with nothing
# behind them. Once with shimingd, once with separate processes. Prints JSON;
# docs/performance.md explains method and fields.
#
#   tests/bench/run.sh [--short] [--postgres] [--json FILE] [--terminals LIST]
#                      [--topologies LIST] [--binaries DIR]
#
# --short           few terminals, a second each: only shows that it works
# --postgres        databases on a private PostgreSQL 15 instead of SQLite files
# --json FILE       writes there, too
# --terminals LIST  closed loop (default 1,2,4,8,16,32,64,128,256)
# --topologies LIST of shimingd,separate_processes (default both)
# --binaries DIR    where the binaries are (default: builds, then bazel-bin)
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
json=/dev/null
postgres=false
terminals=1,2,4,8,16,32,64,128,256
times=(--warm_up=3s --closed_time=10s --open_time=30s)
stock=80000
topologies=shimingd,separate_processes
bin=
while [ $# -gt 0 ]; do
  case $1 in
    --short)
      terminals=1,4
      times=(--warm_up=300ms --closed_time=1s --open_time=2s)
      stock=1000
      ;;
    --postgres) postgres=true ;;
    --json) json=$2 && shift ;;
    --terminals) terminals=$2 && shift ;;
    --topologies) topologies=$2 && shift ;;
    --binaries) bin=$2 && shift ;;
    -h | --help) sed -n '2,18s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) echo "unknown option $1; see --help" >&2 && exit 2 ;;
  esac
  shift
done

services=(issuance_ledger terminal_session identity_verification profile_order
  gateway)
if [ -z "$bin" ]; then
  cd "$root"
  targets=(//services/all_in_one:shimingd
    //services/simulators/smdp_plus //services/simulators/identity_authority
    //tools/shimingctl //tools/shiming_terminal
    //tests/bench/load:shiming_load //tests/bench/null:null_services
    //tests/bench/null:null_outside)
  for service in "${services[@]}"; do targets+=("//services/$service"); done
  bazel build "${targets[@]}" >&2
  bin=bazel-bin
fi
bin=$(realpath "$bin")

read -r busy_before _ </proc/loadavg
# A connection for each terminal and display at each service.
ulimit -n "$(ulimit -Hn)"
work=$(mktemp -d "${TMPDIR:-/tmp}/shiming-bench.XXXXXX")
pids=()
names=()
stop_all() {
  local i
  # In the order of their calls: nobody loses whom it calls.
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill -TERM "${pids[$i]}" 2>/dev/null || true
    wait "${pids[$i]}" 2>/dev/null || true
  done
  pids=()
  names=()
}
trap 'stop_all; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# start NAME COMMAND...
start() {
  local name=$1
  shift
  "$@" >"$logs/$name.out" 2>&1 &
  pids+=($!)
  names+=("$name")
}
fail() {
  echo "run.sh: $*" >&2
  tail -n 5 "$logs"/*.out >&2 || true
  echo "all of it is in $work" >&2
  trap stop_all EXIT
  exit 1
}
# wait_ready URL...: all say 200, within a minute.
wait_ready() {
  local url pid tries=0
  for url in "$@"; do
    until curl --silent --fail --output /dev/null --max-time 5 "$url"; do
      for pid in "${pids[@]}"; do
        kill -0 "$pid" 2>/dev/null || fail "a process ended at once"
      done
      tries=$((tries + 1))
      [ "$tries" -lt 600 ] || fail "$url does not become ready"
      sleep 0.1
    done
  done
}
# As `shimingctl init` lays them out (tools/shimingctl/layout.h).
port() { echo "127.0.0.1:$((port_base + $1))"; }
admin_port_of() {
  case $1 in
    shimingd) port 20 ;;
    terminal_session) port 21 ;;
    identity_verification) port 22 ;;
    profile_order) port 23 ;;
    issuance_ledger) port 24 ;;
    gateway) port 25 ;;
  esac
}

# 40 ports in a row that are free now.
free_ports() {
  python3 - <<'PYTHON'
import random, socket

for _ in range(1000):
    base = random.randrange(20000, 30000)
    try:
        for port in range(base, base + 40):
            with socket.socket() as s:
                s.bind(("127.0.0.1", port))
    except OSError:
        continue
    print(base)
    break
PYTHON
}

private_postgres() {
  "$root/deploy/private_postgres.sh" "$1" "$data/postgres" \
    $((port_base + 30)) "${@:2}"
}
# Stops last, being the first: the others write until they end.
start_postgres() {
  local tries=0
  start postgres "$root/deploy/private_postgres.sh" serve "$data/postgres" \
    $((port_base + 30))
  until private_postgres is-ready; do
    kill -0 "${pids[0]}" 2>/dev/null || fail "PostgreSQL ended at once"
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || fail "PostgreSQL does not become ready"
    sleep 0.1
  done
  private_postgres prepare
}

# start_pipeline real|null TOPOLOGY
start_pipeline() {
  local pipeline=$1 topology=$2 service urls=()
  local processes=("${services[@]}")
  [ "$topology" = separate_processes ] || processes=(shimingd)
  if [ "$pipeline" = real ]; then
    start witness "$bin/tools/shimingctl/shimingctl" witness \
      --config "$data/config/witness.textproto"
    start identity_authority \
      "$bin/services/simulators/identity_authority/identity_authority" \
      --flagfile="$data/config/identity_authority.flags"
    start smdp_plus "$bin/services/simulators/smdp_plus/smdp_plus" \
      --flagfile="$data/config/smdp_plus.flags" \
      --stock="$work/stock/iccids.csv"
  else
    start identity_authority "$bin/tests/bench/null/null_outside" \
      --party=identity_authority \
      --flagfile="$data/config/identity_authority.flags"
    start smdp_plus "$bin/tests/bench/null/null_outside" --party=smdp_plus \
      --flagfile="$data/config/smdp_plus.flags"
  fi
  for service in "${processes[@]}"; do
    local command=("$bin/services/$service/$service")
    [ "$service" != shimingd ] || command=("$bin/services/all_in_one/shimingd")
    if [ "$pipeline" = null ]; then
      command=("$bin/tests/bench/null/null_services" --room="${service/shimingd/all}")
    fi
    start "$service" "${command[@]}" \
      --config="$data/config/$service.textproto"
    urls+=("http://$(admin_port_of "$service")/readyz")
  done
  wait_ready "${urls[@]}" "http://$(port 7)/readyz"
}

ctl() { "$bin/tools/shimingctl/shimingctl" "$@" --data "$data" >&2; }

"$bin/tools/shiming_terminal/shiming_terminal" stock --count="$stock" \
  --out="$work/stock" >&2
for topology in ${topologies//,/ }; do
  for pipeline in real null; do
    echo "== $topology, $pipeline pipeline" >&2
    data=$work/$topology-$pipeline
    logs=$data/bench
    port_base=$(free_ports)
    databases=()
    mkdir -p "$logs"
    if $postgres && [ "$pipeline" = real ]; then
      start_postgres
      url=$(private_postgres url shiming)
      key_url=$(private_postgres url shiming_keys)
      databases=(--database-url "$url" --key-database-url "$key_url")
    fi
    ctl init --port-base "$port_base" "${databases[@]}"
    start_pipeline "$pipeline" "$topology"
    if [ "$pipeline" = real ]; then
      ctl import device-models "$work/stock/device_models.csv" --as admin-1
      ctl import numbers "$work/stock/numbers.csv" --as admin-1
      ctl import iccids "$work/stock/iccids.csv" --smdp smdp-1 --as admin-1
    fi
    processes=()
    for i in "${!pids[@]}"; do
      # Its work is done in children, which this pid says nothing of.
      [ "${names[$i]}" = postgres ] ||
        processes+=("${names[$i]}:${pids[$i]}")
    done
    "$bin/tests/bench/load/shiming_load" --data="$data" \
      --port_base="$port_base" --folder="$data/bench" \
      --enroll="$([ "$pipeline" = real ] && echo true || echo false)" \
      --processes="$(IFS=, && echo "${processes[*]}")" \
      --terminals="$terminals" "${times[@]}" \
      >"$work/$topology-$pipeline.json" || fail "shiming_load failed"
    stop_all
  done
done

python3 - "$work" "$topologies" "$busy_before" \
  "$($postgres && echo postgres || echo sqlite)" <<'PYTHON' | tee "$json"
import json, os, pathlib, sys

work, topologies = pathlib.Path(sys.argv[1]), sys.argv[2].split(",")
models = [line.split(":", 1)[1].strip()
          for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
          if line.startswith("model name")]
result = {"machine": {"cpus": os.cpu_count(), "model": (models or ["?"])[0],
                      # Above some tenths the figures say little.
                      "load_average_before": float(sys.argv[3])},
          "database": sys.argv[4]}
for topology in topologies:
    real, null = (json.loads((work / f"{topology}-{pipeline}.json").read_text())
                  for pipeline in ("real", "null"))
    result[topology] = {
        "ratio_to_null_pipeline": round(
            real["issuances_per_second"] / null["issuances_per_second"], 3),
        "issuances_per_second": real["issuances_per_second"],
        "real": real,
        "null_pipeline": null,
    }
print(json.dumps(result, indent=2))
PYTHON
