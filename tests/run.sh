#!/usr/bin/env bash
# Installs what is missing, builds, and runs every check and test in its short
# form. The last line counts every single case of every runner:
#   N passed, N failed
set -uo pipefail
cd "$(dirname "$0")/.."
source tests/runner.sh

install_needs
check format tools/check_format.sh
check layering tools/check_layering.sh
check coroutines tools/check_coroutines.py
check proto_lint tools/lint_protos.sh
check sql_subset tools/check_sql_subset.py
check sql_subset_test tools/check_sql_subset_test.py
# Everything, end-to-end tests with the real binaries among them.
bazel_tests all //...
# Rooms and stores again, on PostgreSQL: each test starts a private server and
# ends it by its pid, which takes longer than opening a file.
bazel_tests postgres "$(tests_of_databases)" \
  --test_env=SHIMING_TEST_DATABASE=postgres --test_timeout=900
# What a newcomer types, twice on one data directory for each engine; all is
# built by now.
check quickstart tests/quickstart_check.py
# Unit tests again under ASan and UBSan; TSan on what is free of gRPC.
bazel_tests asan //... --config=asan --test_tag_filters=-e2e --build_tests_only
bazel_tests tsan //... --config=tsan --build_tests_only
finish
