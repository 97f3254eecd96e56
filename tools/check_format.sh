#!/usr/bin/env bash
# Fails when a C++ file is not formatted as .clang-format says.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -d '' files < <(git ls-files -z -- '*.cc' '*.h')
[ ${#files[@]} -eq 0 ] || clang-format-14 --dry-run --Werror "${files[@]}"
