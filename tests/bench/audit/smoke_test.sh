#!/usr/bin/env bash
# audit_bench runs and prints its figures, for few entries.
set -euo pipefail
figures=$(tests/bench/audit/audit_bench --entries=2000 --rounds=1)
for member in entries signatures one_thread_of_cpu parallel ratio; do
  grep -q "\"$member\"" <<<"$figures" || { echo "no $member: $figures" >&2; exit 1; }
done
