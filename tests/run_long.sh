#!/usr/bin/env bash
# The counts that the issues name: long races, crash rounds, fuzz runs. Takes
# the short form's place, not its checks. Last line: N passed, N failed
set -uo pipefail
cd "$(dirname "$0")/.."
source tests/runner.sh

install_needs
export SHIMING_LONG=1
bazel_tests long //... --test_env=SHIMING_LONG=1 --test_timeout=3600 \
  --nocache_test_results
bazel_tests long_postgres "$(tests_of_databases)" --test_env=SHIMING_LONG=1 \
  --test_env=SHIMING_TEST_DATABASE=postgres --test_timeout=3600 \
  --nocache_test_results
finish
