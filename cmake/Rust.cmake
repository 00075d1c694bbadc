# Finds the Rust toolchain, checks that it can build the library for the C compiler's machine, and sets
#   cargo               the program
#   rust_target         the target triple
#   cargo_environment   NAME=VALUE for cargo, so that C code inside the crates is built by this project's compiler
#   release_config      a setting of cargo's for a release: small, and without a path of the machine that it was built on
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
        "With rustup: rustup update stable")
endif()

set(rust_target "${COGNITO_CONNECT_RUST_TARGET}")
if(NOT rust_target)
    set(compiler "${CMAKE_C_COMPILER}")
    if(CMAKE_C_COMPILER_TARGET)
        list(APPEND compiler "--target=${CMAKE_C_COMPILER_TARGET}")
    endif()
    execute_process(COMMAND ${compiler} -dumpmachine OUTPUT_VARIABLE machine COMMAND_ERROR_IS_FATAL ANY)
    set(libc gnu)
    if(machine MATCHES "musl")
        set(libc musl)
    endif()
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
        set(rust_target x86_64-unknown-linux-${libc})
    elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
        set(rust_target aarch64-unknown-linux-${libc})
    elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^arm")
        include(CheckCSourceCompiles)
        check_c_source_compiles("#ifndef __ARM_PCS_VFP\n#error soft float\n#endif\nint main(void) { return 0; }"
            COGNITO_CONNECT_HARD_FLOAT)
        set(rust_target armv7-unknown-linux-${libc}eabi)
        if(COGNITO_CONNECT_HARD_FLOAT)
            string(APPEND rust_target hf)
        endif()
    else()
        message(FATAL_ERROR "No Rust target is known for the processor '${CMAKE_SYSTEM_PROCESSOR}'. "
            "Set COGNITO_CONNECT_RUST_TARGET to a line of `rustc --print target-list`.")
    endif()
endif()

execute_process(COMMAND "${rustc}" --print target-libdir --target ${rust_target}
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE libdir ERROR_VARIABLE error OUTPUT_STRIP_TRAILING_WHITESPACE)
file(GLOB std "${libdir}/libstd-*.rlib")
if(NOT std)
    message(FATAL_ERROR "Rust's standard library for ${rust_target} is missing. With rustup: "
        "rustup target add ${rust_target}\n${error}")
endif()

# An empty library needs the same as a full one: no crate of ours links a system library of its own.
execute_process(COMMAND "${rustc}" --target ${rust_target} --crate-type staticlib --print native-static-libs
        --crate-name empty -o "${PROJECT_BINARY_DIR}/CMakeFiles/libempty.a" -
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" INPUT_FILE /dev/null ERROR_VARIABLE printed)
if(NOT printed MATCHES "native-static-libs: ([^\n]*)")
    message(FATAL_ERROR "${rustc} cannot build for ${rust_target}:\n${printed}")
endif()
separate_arguments(system_libraries UNIX_COMMAND "${CMAKE_MATCH_1}")

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

set(c_flags "${CMAKE_C_FLAGS}")
if(CMAKE_SYSROOT)
    string(APPEND c_flags " --sysroot=${CMAKE_SYSROOT}")
endif()
if(c_flags)
    list(APPEND cargo_environment "CFLAGS_${lower}=${c_flags}")
endif()
