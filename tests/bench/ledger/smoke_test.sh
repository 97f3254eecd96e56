#!/usr/bin/env bash
# The bench of the ledger in its short form: every number is there. How fast it
# was is not looked at.
set -euo pipefail
tests/bench/ledger/ledger_bench --folder "$TEST_TMPDIR/log" --entries 3000 \
  --measured 1000 --per_second 50 --time 1s >"$TEST_TMPDIR/bench.json" \
  2>"$TEST_TMPDIR/bench.log"
python3 - "$TEST_TMPDIR/bench.json" <<'PYTHON'
import json, sys

result = json.load(open(sys.argv[1]))
assert result["entries"] == 3000
assert result["append"]["ratio_to_bare_sqlite"] > 0
queries = result["query_milliseconds"]
assert len(queries["by_filter"]) == 14, queries["by_filter"].keys()
assert queries["all"]["count"] == 50, queries
assert queries["entries_given"] > 100, queries
for times in [queries["all"], result["receipt_milliseconds"],
              *queries["by_filter"].values()]:
    assert 0 < times["p50"] <= times["p99"] <= times["max"], times
assert result["resident_mebibytes"]["after_queries"] > 0
PYTHON
