# What tests/run.sh and tests/run_long.sh share; sourced by both.
passed=0
failed=0

install_needs() {
  tools/install_packages.sh tools/packages.txt tools/test_packages.txt || {
    echo "packages could not be installed" >&2
    echo "0 passed, 1 failed"
    exit 1
  }
}

# check NAME COMMAND...: one case that passes when the command exits 0.
check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    echo "FAILED  $name"
  fi
}

# bazel_tests NAME TARGETS [FLAGS...]: runs them and counts single cases from
# the XML that each test wrote. A build that fails counts as one failure.
bazel_tests() {
  local name=$1 targets=$2
  shift 2
  local started=$SECONDS status results counts
  results=$(mktemp)
  # shellcheck disable=SC2086  # targets are words
  bazel test $targets "$@" --keep_going --noshow_progress \
    --test_summary=terse --build_event_text_file="$results" 2>&1 |
    grep -vE '^(INFO: |There were tests whose)'
  status=${PIPESTATUS[0]}
  counts=$(python3 tests/count_cases.py "$results")
  rm -f "$results"
  local p=${counts% *} f=${counts#* }
  # 3 is "tests failed"; anything else but 0 is a broken build.
  if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
    echo "FAILED  $name: bazel exited with $status"
    f=1
  fi
  passed=$((passed + p))
  failed=$((failed + f))
  echo "$name: $p passed, $f failed in $((SECONDS - started)) s"
}

# The targets of tests that open a database on the engine of the run; not those
# that choose their engines themselves.
tests_of_databases() {
  bazel query --noshow_progress \
    'kind("cc_test", rdeps(//..., //storage/testing:database_place))
     except set(//storage/sql:sqlite_database_test
                //storage/sql:configured_database_test)' 2>/dev/null
}

finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}
