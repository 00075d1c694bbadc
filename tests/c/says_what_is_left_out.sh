#!/bin/sh
# A library without any of its features still connects, and says what it leaves out.
#   says_what_is_left_out.sh CARGO CC PROJECT_DIR TEST_LIBRARY WORK_DIR SYSTEM_LIBRARY...
set -eu
cargo=$1 cc=$2 project=$3 tests=$4 work=$5
shift 5

cd "$project"
"$cargo" rustc --locked --lib --crate-type staticlib --no-default-features --target-dir target
"$cc" -std=c99 -Wall -Wextra -Werror -Iinclude -Itests/c -o "$work/says_what_is_left_out" \
    tests/c/says_what_is_left_out.c "$tests" target/debug/libcognito_connect.a "$@"
"$work/says_what_is_left_out"
