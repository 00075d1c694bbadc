#!/bin/sh
# The global symbols of the archive are the functions of the header, no more and no less.
#   archive_has_our_symbols_only.sh NM ARCHIVE HEADER
set -eu
nm=$1 archive=$2 header=$3

declared=$(sed -n 's/^[a-z].*[ *]\(cognito_[a-z0-9_]*\)(.*/\1/p' "$header" | sort)
defined=$("$nm" --extern-only --defined-only --format=posix "$archive" | awk 'NF > 1 { print $1 }' | sort)
[ -n "$declared" ] || { echo "no function in $header"; exit 1; }
if [ "$declared" != "$defined" ]; then
    printf 'declared:\n%s\n\ndefined:\n%s\n' "$declared" "$defined"
    exit 1
fi
echo "$(echo "$defined" | wc -l) symbols"
