#!/bin/sh
# One program links this archive, another Rust archive, OpenSSL and curl, in every order, and connects.
#   archive_links_beside_others.sh CC RUSTC ARCHIVE INCLUDE_DIR TEST_LIBRARY WORK_DIR SYSTEM_LIBRARY...
set -eu
cc=$1 rustc=$2 archive=$3 include=$4 tests=$5 work=$6
shift 6
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$work"
"$rustc" --edition 2021 --crate-type staticlib -O -o "$work/libsecond_rust.a" "$here/second_rust/lib.rs"
second=$work/libsecond_rust.a
n=0
for archives in "$archive $second" "$second $archive" "-Wl,--whole-archive $archive -Wl,--no-whole-archive $second"; do
    n=$((n + 1))
    # shellcheck disable=SC2086 # a list of words
    "$cc" -std=c99 -Wall -Werror -I"$include" -o "$work/beside_$n" "$here/second_rust/main.c" \
        "$tests" $archives -lcurl -lcrypto "$@"
    "$work/beside_$n"
done
