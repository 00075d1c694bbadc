#!/usr/bin/env bash
# What a build needs and does not find, CMake says when it configures, with what to install; and it takes each processor's
# target of Rust.
#   configure_says_what_is_missing.sh CMAKE GENERATOR RUSTC WORK_DIR
set -euo pipefail
cmake=$1 generator=$2 rustc=$3 work=$4
source=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf "$work"
mkdir -p "$work"
failed=0

# says TEXT OPTION...: configuring fails, and says that.
says() {
    local text=$1 log=$work/log
    shift
    rm -rf "$work/build"
    if "$cmake" -S "$source" -B "$work/build" -G "$generator" -DCOGNITO_CONNECT_BUILD_TESTS=OFF "$@" >"$log" 2>&1; then
        echo "it configures with $*"
        failed=1
    # CMake breaks lines at spaces.
    elif ! tr -s ' \n' '  ' <"$log" | grep -F -- "$text" >/dev/null; then
        echo "it does not say '$text' with $*:"
        cat "$log"
        failed=1
    fi
}

# A compiler of another version, and one without any standard library but its own.
printf '#!/bin/sh\ncase "$*" in --version) echo "rustc 1.94.0 (0 2026-03-01)" ;; *) exec "%s" "$@" ;; esac\n' "$rustc" >"$work/old-rustc"
printf '#!/bin/sh\ncase "$*" in *target-libdir*) echo /nowhere ;; *) exec "%s" "$@" ;; esac\n' "$rustc" >"$work/bare-rustc"
chmod +x "$work/old-rustc" "$work/bare-rustc"
needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$source/Cargo.toml")
says "needs Rust $needed or newer; $work/old-rustc is 1.94.0. With rustup: rustup update stable" \
    -DCOGNITO_CONNECT_RUSTC="$work/old-rustc"
says "was not found. Install Rust with rustup" -DCOGNITO_CONNECT_CARGO=
says "rustup target add riscv64gc-unknown-linux-gnu" -DCOGNITO_CONNECT_RUST_TARGET=riscv64gc-unknown-linux-gnu \
    -DCOGNITO_CONNECT_RUSTC="$work/bare-rustc"

# The compiler of a board that has none.
printf 'set(CMAKE_SYSTEM_PROCESSOR hexagon)\nset(gnu_triple hexagon-linux-gnu)\nset(qemu_processor hexagon)\ninclude("%s")\n' \
    "$source/cmake/toolchains/gnu.cmake" >"$work/gnu.cmake"
says "hexagon-linux-gnu-gcc was not found. On Debian and Ubuntu: apt install gcc-hexagon-linux-gnu" \
    -DCMAKE_TOOLCHAIN_FILE="$work/gnu.cmake"

# becomes TARGET CC FLAGS PROCESSOR: the target that is missing is the one for what the compiler makes, not for what the processor is
# called.
becomes() {
    says "standard library for $1 is missing" -DCMAKE_C_COMPILER="$2" -DCMAKE_C_FLAGS="$3" -DCMAKE_SYSTEM_NAME=Linux \
        -DCMAKE_SYSTEM_PROCESSOR="$4" -DCMAKE_CXX_COMPILER=NOTFOUND -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY \
        -DCOGNITO_CONNECT_RUSTC="$work/bare-rustc"
}
arm=arm-linux-gnueabihf-gcc
becomes aarch64-unknown-linux-gnu aarch64-linux-gnu-gcc "" arm64
becomes armv7-unknown-linux-gnueabihf $arm "" armv8l
becomes armv7-unknown-linux-gnueabihf $arm "" arm
becomes armv7-unknown-linux-gnueabi $arm "-march=armv7-a -mfloat-abi=softfp -mfpu=neon" armv7-a
becomes arm-unknown-linux-gnueabihf $arm "-march=armv6+fp -mfloat-abi=hard -marm" armv6l
becomes arm-unknown-linux-gnueabi $arm "-march=armv6 -mfloat-abi=soft -marm" armv6l
CC="$arm -march=armv7-a -mfloat-abi=softfp -mfpu=neon" says "standard library for armv7-unknown-linux-gnueabi is missing" \
    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=arm -DCMAKE_CXX_COMPILER=NOTFOUND \
    -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY -DCOGNITO_CONNECT_RUSTC="$work/bare-rustc"
says "ARMv5: for another, give flags such as -DCMAKE_C_FLAGS=-march=armv7-a" -DCMAKE_C_COMPILER=$arm \
    -DCMAKE_C_FLAGS="-march=armv5te -mfloat-abi=soft -marm" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=armv5tel \
    -DCMAKE_CXX_COMPILER=NOTFOUND -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY
rm -rf "$work"
exit "$failed"
