#!/usr/bin/env bash
# The archive and a program linked with it suit the systems that the documentation says: glibc, Linux, and the years after
# 2038 on processors of 32 bits.
#   objects_suit_old_systems.sh NM READELF ARCHIVE PROGRAM LIBC DOCUMENT
# LIBC is the C library that PROGRAM was linked with, or "none" for a static one.
set -euo pipefail
nm=$1 readelf=$2 archive=$3 program=$4 libc=$5 document=$6
list=$(dirname "$0")/libc_functions.tsv
failed=0

wrong() {
    echo "$*"
    failed=1
}
# at_most VERSION VERSION
at_most() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$2" ]; }
# stated NAME: the version behind it in the document, once.
stated() {
    local versions
    versions=$(grep -o "$1 [0-9][0-9.]*[0-9] or newer" "$document" | sort -u || true)
    [ "$(echo "$versions" | wc -l)" = 1 ] && [ -n "$versions" ] || { echo "$document does not say one version of $1" >&2; exit 1; }
    echo "$versions" | awk '{ print $2 }'
}
glibc=$(stated glibc)
linux=$(stated Linux)

if [ "$libc" = none ]; then
    "$readelf" --program-headers "$program" | grep INTERP >/dev/null && wrong "$program is not static"
    [ "$failed" = 0 ] && echo "static"
    exit "$failed"
fi

# The archive: what it refers to strongly has to be there.
is_32_bit=false
"$readelf" --file-header "$archive" | grep 'Class: *ELF32' >/dev/null && is_32_bit=true
undefined=$("$nm" --undefined-only --format=posix "$archive" | awk '$2 == "U" { print $1 }' |
    grep -v '^_Unwind_\|^__gnu_unwind_\|^__aeabi_\|^_GLOBAL_OFFSET_TABLE_$' | sort -u)
[ -n "$undefined" ] || wrong "the archive refers to nothing"
exported=$("$nm" --dynamic --defined-only --format=posix "$libc" | sed 's/[@ ].*//' | sort -u)
needed_glibc=0 needed_linux=0
for function in $undefined; do
    IFS=$'\t' read -r name since_glibc since_linux time < <(awk -F '\t' -v name="$function" '$1 == name' "$list") || true
    if [ "${name:-}" != "$function" ]; then
        wrong "$function is not in $list"
        continue
    fi
    at_most "$since_glibc" "$needed_glibc" || needed_glibc=$since_glibc
    [ "$since_linux" = - ] || at_most "$since_linux" "$needed_linux" || needed_linux=$since_linux
    # glibc has a second function for a time_t of 64 bits. Where NAME64 is there, 64 stands for sizes of files.
    if $is_32_bit && [ -z "$time" ] && grep -qx "__${function}_time64\|__${function}64_time64\|__${function}64" <<<"$exported" &&
        ! { grep -qx "${function}64" <<<"$exported" && ! grep -qx "__${function}64_time64\|__${function}_time64" <<<"$exported"; }; then
        wrong "$function has a time_t of 32 bits, and $list does not say why that is enough"
    fi
done
at_most "$needed_glibc" "$glibc" || wrong "the archive needs glibc $needed_glibc, and $document says $glibc"
at_most "$needed_linux" "$linux" || wrong "the archive needs Linux $needed_linux, and $document says $linux"
if $is_32_bit && ! "$nm" --format=posix "$archive" | grep '^__clock_gettime64 ' >/dev/null; then
    wrong "the wall clock is not read with 64 bits"
fi
echo "the archive needs glibc $needed_glibc and Linux $needed_linux; $document says $glibc and $linux"

# The program: newer versions only of what is in the list, whose functions glibc has given a second version, and of the
# start of a program.
versions=$("$readelf" --wide --dyn-syms "$program" | sed -n 's/.* \([A-Za-z0-9_]*\)@GLIBC_\([0-9.]*\) .*/\1 \2/p' | sort -u)
[ -n "$versions" ] || wrong "no versions of symbols in $program"
newest=0
while read -r function version; do
    at_most "$version" "$newest" || newest=$version
    if ! at_most "$version" "$glibc" && [ "$function" != __libc_start_main ] && ! grep -q "^$function	" "$list" &&
        "$readelf" --wide --dyn-syms "$program" | grep " GLOBAL .* $function@" >/dev/null; then
        wrong "the program needs $function of glibc $version"
    fi
done <<<"$versions"
echo "the program, linked here, needs glibc $newest"
abi=$("$readelf" --notes "$program" | sed -n 's/.*OS: Linux, ABI: //p')
at_most "${abi:-99}" "$linux" || wrong "the program needs Linux ${abi:-that it does not tell}, and $document says $linux"
exit "$failed"
