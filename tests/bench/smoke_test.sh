#!/usr/bin/env bash
# The bench in its short form: every number is there and nothing failed. How
# fast it was is not looked at.
set -euo pipefail
result=$TEST_TMPDIR/bench.json
TMPDIR=$TEST_TMPDIR tests/bench/run.sh --short --binaries . --json "$result"
python3 - "$result" <<'PYTHON'
import json, sys

result = json.load(open(sys.argv[1]))
steps = {"session", "evidence", "verify", "choose", "order", "reveal",
         "download", "close", "whole", "to_installed"}
for topology in ("shimingd", "separate_processes"):
    measured = result[topology]
    assert measured["ratio_to_null_pipeline"] > 0, topology
    for pipeline in ("real", "null_pipeline"):
        loads = measured[pipeline]
        for load in loads["closed_loop"] + [loads["full_load"],
                                            loads["half_load"]]:
            assert load["errors"] == {}, (topology, pipeline, load["errors"])
        full = loads["full_load"]
        assert full["issuances_per_second"] > 0, (topology, pipeline)
        assert set(full["milliseconds"]) == steps, full["milliseconds"]
        assert all(times["p50"] <= times["p99"]
                   for times in full["milliseconds"].values())
        assert "shiming_load" in full["cpu_milliseconds_per_issuance"]
        assert full["grpc_calls_per_issuance"]["all"] > 0
PYTHON
