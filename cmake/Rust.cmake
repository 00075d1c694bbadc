# Finds the Rust toolchain, checks that it can build the library for the C compiler's machine, and sets
#   cargo               the program
#   rust_target         the target triple
#   cargo_environment   NAME=VALUE for cargo, so that C code inside the crates is built by this project's compiler
#   release_config      a setting of cargo's for a release: small, and without a path of the machine that it was built on
#   unwinder            an archive that is to be a part of ours; empty where the system has it
#   system_libraries    linker options that the Rust standard library needs behind the archive

find_program(COGNITO_CONNECT_CARGO cargo HINTS "$ENV{CARGO_HOME}/bin" "$ENV{HOME}/.cargo/bin")
find_program(COGNITO_CONNECT_RUSTC rustc HINTS "$ENV{CARGO_HOME}/bin" "$ENV{HOME}/.cargo/bin")
mark_as_advanced(COGNITO_CONNECT_CARGO COGNITO_CONNECT_RUSTC)
if(NOT COGNITO_CONNECT_CARGO OR NOT COGNITO_CONNECT_RUSTC)
    message(FATAL_ERROR "Cognito Connect is built with Rust, and cargo or rustc was not found. Install Rust with "
        "rustup or from your distribution, or set COGNITO_CONNECT_CARGO and COGNITO_CONNECT_RUSTC to the programs.")
endif()
set(cargo "${COGNITO_CONNECT_CARGO}")
set(rustc "${COGNITO_CONNECT_RUSTC}")

file(STRINGS Cargo.toml needed REGEX "^rust-version = \"" LIMIT_COUNT 1)
string(REGEX MATCH "[0-9][0-9.]*" needed "${needed}")
execute_process(COMMAND "${rustc}" --version
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE found ERROR_VARIABLE error)
if(NOT found MATCHES "^rustc ([0-9.]+)")
    message(FATAL_ERROR "'${rustc} --version' failed. With rustup, choose a toolchain: rustup default stable\n${error}")
endif()
set(found "${CMAKE_MATCH_1}")
if(found VERSION_LESS needed)
    message(FATAL_ERROR "Cognito Connect needs Rust ${needed} or newer; ${rustc} is ${found}. "
        "With rustup: rustup update stable. On Debian 12: apt install cargo-web rustc-web. docs/boards.md says how Yocto and "
        "Buildroot get it.")
endif()

# With what comes with the compiler's name: Yocto's CC says processor and float ABI there.
string(STRIP "${CMAKE_C_COMPILER_ARG1} ${CMAKE_C_FLAGS}" c_flags)

set(rust_target "${COGNITO_CONNECT_RUST_TARGET}")
if(NOT rust_target)
    set(compiler "${CMAKE_C_COMPILER}")
    if(CMAKE_C_COMPILER_TARGET)
        list(APPEND compiler "--target=${CMAKE_C_COMPILER_TARGET}")
    endif()
    execute_process(COMMAND ${compiler} -dumpmachine OUTPUT_VARIABLE machine COMMAND_ERROR_IS_FATAL ANY)
    set(libc gnu)
    # Debian's musl-gcc is a gcc for glibc that is told where musl is: its own name does not tell.
    if(machine MATCHES "musl" OR CMAKE_C_COMPILER MATCHES "musl[^/]*$")
        set(libc musl)
    endif()
    # By what the compiler makes: CMAKE_SYSTEM_PROCESSOR has many names for it (aarch64, arm64; arm, armv7l, armv7-a), some
    # for what is something else (a 64-bit kernel calls itself armv8l for 32-bit programs), and does not tell the float ABI.
    separate_arguments(flags UNIX_COMMAND "${c_flags}")
    execute_process(COMMAND ${compiler} ${flags} -dM -E -x c /dev/null OUTPUT_VARIABLE macros COMMAND_ERROR_IS_FATAL ANY)
    set(unknown "")
    if(macros MATCHES "#define __x86_64__ " AND macros MATCHES "#define __LP64__ ")
        set(rust_target x86_64-unknown-linux-${libc})
    elseif(macros MATCHES "#define __AARCH64EL__ " AND macros MATCHES "#define __LP64__ ")
        set(rust_target aarch64-unknown-linux-${libc})
    elseif(macros MATCHES "#define __ARMEL__ ")
        set(eabi ${libc}eabi)
        if(macros MATCHES "#define __ARM_PCS_VFP ")
            string(APPEND eabi hf)
        endif()
        # The standard library of a target is compiled for its architecture, and would not run on an earlier one.
        string(REGEX MATCH "#define __ARM_ARCH ([0-9]+)" unused "${macros}")
        if(CMAKE_MATCH_1 GREATER_EQUAL 7)
            set(rust_target armv7-unknown-linux-${eabi})
        elseif(CMAKE_MATCH_1 EQUAL 6)
            set(rust_target arm-unknown-linux-${eabi})
        else()
            set(unknown " (ARMv${CMAKE_MATCH_1}: for another, give flags such as -DCMAKE_C_FLAGS=-march=armv7-a)")
        endif()
    endif()
    if(NOT rust_target)
        message(FATAL_ERROR "No Rust target is known for what ${CMAKE_C_COMPILER} makes, for the processor "
            "'${CMAKE_SYSTEM_PROCESSOR}'${unknown}. Set COGNITO_CONNECT_RUST_TARGET to a line of `rustc --print target-list`.")
    endif()
endif()

execute_process(COMMAND "${rustc}" --print target-libdir --target ${rust_target}
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE libdir ERROR_VARIABLE error OUTPUT_STRIP_TRAILING_WHITESPACE)
file(GLOB std "${libdir}/libstd-*.rlib")
# Yocto's RUSTFLAGS lead to the standard library of the device, which is not in the folder of the compiler.
separate_arguments(rust_flags UNIX_COMMAND "$ENV{RUSTFLAGS}")
if(NOT std AND NOT rust_flags)
    set(debian "")
    if(rust_target STREQUAL "aarch64-unknown-linux-gnu")
        set(debian "\nWith Debian's Rust: dpkg --add-architecture arm64; apt update; apt install libstd-rust-web-dev:arm64")
    endif()
    message(FATAL_ERROR "Rust's standard library for ${rust_target} is missing.\nWith rustup: "
        "rustup target add ${rust_target}${debian}\ndocs/boards.md says more.\n${error}")
endif()

# An empty library needs the same as a full one: no crate of ours links a system library of its own.
execute_process(COMMAND "${rustc}" ${rust_flags} --target ${rust_target} --crate-type staticlib --print native-static-libs
        --crate-name empty -o "${PROJECT_BINARY_DIR}/CMakeFiles/libempty.a" -
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" INPUT_FILE /dev/null ERROR_VARIABLE printed)
if(NOT printed MATCHES "native-static-libs: ([^\n]*)")
    message(FATAL_ERROR "${rustc} cannot build for ${rust_target}:\n${printed}")
endif()
separate_arguments(system_libraries UNIX_COMMAND "${CMAKE_MATCH_1}")
# With rustup's standard library for musl comes LLVM's unwinder, which toolchains for musl have in another form or not at
# all. It becomes a part of the archive, and finds its tables by a header that static programs have on request only.
set(unwinder "")
if("-lunwind" IN_LIST system_libraries AND EXISTS "${libdir}/self-contained/libunwind.a")
    set(unwinder "${libdir}/self-contained/libunwind.a")
    list(REMOVE_ITEM system_libraries -lunwind)
    list(PREPEND system_libraries -Wl,--eh-frame-hdr)
endif()

string(REPLACE "-" "_" lower "${rust_target}")
string(TOUPPER "${lower}" upper)
set(cargo_environment
    "CARGO_TARGET_${upper}_LINKER=${CMAKE_C_COMPILER}" "CC_${lower}=${CMAKE_C_COMPILER}" "AR_${lower}=${CMAKE_AR}"
    "RUSTC=${rustc}")
# With frame pointers the tables of the unwinder are a quarter smaller. Panics name source files: what is built elsewhere is to be
# the same, byte for byte, and a debugger needs the paths. Whoever has RUSTFLAGS in the environment has them instead.
set(cargo_home "$ENV{CARGO_HOME}")
if(NOT cargo_home)
    set(cargo_home "$ENV{HOME}/.cargo")
endif()
set(release_flags "'-Cforce-frame-pointers=yes'")
# The last that fits is taken.
foreach(path_and_name IN ITEMS "${cargo_home}=cargo" "${cargo_home}/registry/src=" "${PROJECT_SOURCE_DIR}=cognito-connect"
        "${COGNITO_CONNECT_CARGO_TARGET_DIR}=target")
    string(APPEND release_flags ",'--remap-path-prefix=${path_and_name}'")
endforeach()
set(release_config "target.${rust_target}.rustflags=[${release_flags}]")

if(CMAKE_SYSROOT)
    string(APPEND c_flags " --sysroot=${CMAKE_SYSROOT}")
endif()
if(c_flags)
    list(APPEND cargo_environment "CFLAGS_${lower}=${c_flags}")
endif()
