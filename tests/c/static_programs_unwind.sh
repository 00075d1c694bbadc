#!/bin/sh
# A panic in an archive that is made as ours is, with the unwinder in it, is caught in a static program.
#   static_programs_unwind.sh RUSTC TARGET LD OBJCOPY CC UNWINDER WORK_DIR EMULATOR SYSTEM_LIBRARY...
# EMULATOR is a command, or "none".
set -eu
rustc=$1 target=$2 ld=$3 objcopy=$4 cc=$5 unwinder=$6 work=$7 emulator=$8
shift 8
here=$(cd "$(dirname "$0")" && pwd)
[ "$emulator" != none ] || emulator=

mkdir -p "$work"
"$rustc" --edition 2021 --target "$target" --crate-type staticlib -O -o "$work/libpanics.a" "$here/second_rust/lib.rs"
"$ld" -r --gc-sections --force-group-allocation --require-defined=second_rust_answer -o "$work/panics.o" "$work/libpanics.a" "$unwinder"
"$objcopy" -R .llvmbc -R .llvmcmd --keep-global-symbol=second_rust_answer "$work/panics.o"
printf 'int second_rust_answer(void);\nint main(void) { return second_rust_answer() != 42; }\n' >"$work/main.c"
"$cc" -static -o "$work/panics" "$work/main.c" "$work/panics.o" "$@"
$emulator "$work/panics"
