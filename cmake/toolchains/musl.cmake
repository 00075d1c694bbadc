# Included by x86_64-musl.cmake and aarch64-musl.cmake, which set CMAKE_SYSTEM_PROCESSOR. The compiler is
# PROCESSOR-linux-musl-gcc, as Debian's musl-tools (x86-64 only), musl-cross-make and the toolchains of distributions name
# it, or else Zig, which has musl and its C++ library for every processor. Programs are static.
set(musl_triple "${CMAKE_SYSTEM_PROCESSOR}-linux-musl")
set(gnu_triple "${CMAKE_SYSTEM_PROCESSOR}-linux-gnu")
if(NOT CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL CMAKE_SYSTEM_PROCESSOR)
    set(CMAKE_SYSTEM_NAME Linux)
    set(qemu_processor "${CMAKE_SYSTEM_PROCESSOR}")
    include("${CMAKE_CURRENT_LIST_DIR}/qemu.cmake")
endif()

find_program(COGNITO_CONNECT_MUSL_GCC "${musl_triple}-gcc")
find_program(COGNITO_CONNECT_MUSL_GXX "${musl_triple}-g++")
file(GLOB zig_of_pypi "${CMAKE_CURRENT_LIST_DIR}/../../target/tools/lib/python3*/site-packages/ziglang")
find_program(COGNITO_CONNECT_ZIG zig HINTS ${zig_of_pypi})
mark_as_advanced(COGNITO_CONNECT_MUSL_GCC COGNITO_CONNECT_MUSL_GXX COGNITO_CONNECT_ZIG)
if(COGNITO_CONNECT_MUSL_GCC)
    set(CMAKE_C_COMPILER "${COGNITO_CONNECT_MUSL_GCC}")
    # Debian has no C++ library for musl. The compiler that CMake would find links that of this machine.
    set(CMAKE_CXX_COMPILER "${COGNITO_CONNECT_MUSL_GXX}")
elseif(COGNITO_CONNECT_ZIG)
    # As one program. Zig does not know the names that the builds of crates have for targets.
    foreach(language_and_command IN ITEMS "C;cc" "CXX;c++")
        list(GET language_and_command 0 language)
        list(GET language_and_command 1 command)
        set(script "${CMAKE_BINARY_DIR}/zig/${musl_triple}-${command}")
        if(NOT EXISTS "${script}")
            file(WRITE "${script}" "#!/bin/sh\n"
                "for word do\n    shift\n    case $word in --target=*) ;; *) set -- \"$@\" \"$word\" ;; esac\ndone\n"
                "exec '${COGNITO_CONNECT_ZIG}' ${command} -target ${musl_triple} \"$@\"\n")
            file(CHMOD "${script}" PERMISSIONS
                OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
        endif()
        set(CMAKE_${language}_COMPILER "${script}")
    endforeach()
    # Zig's own have no relocatable links and no lists of symbols to keep.
    if(CMAKE_SYSTEM_NAME)
        foreach(tool IN ITEMS ar ranlib ld nm objcopy objdump readelf strip)
            string(TOUPPER "${tool}" variable)
            if(tool STREQUAL ld)
                set(variable LINKER)
            endif()
            find_program(CMAKE_${variable} "${gnu_triple}-${tool}")
            if(NOT CMAKE_${variable})
                string(REPLACE "_" "-" package "binutils-${gnu_triple}")
                message(FATAL_ERROR "${gnu_triple}-${tool} was not found. On Debian and Ubuntu: apt install ${package}")
            endif()
        endforeach()
    endif()
else()
    message(FATAL_ERROR "No C compiler for ${musl_triple} was found: neither ${musl_triple}-gcc nor zig. Zig comes by "
        "scripts/install-tools musl, or pip install ziglang; for x86-64, Debian and Ubuntu have musl-gcc: apt install musl-tools")
endif()
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

# Nothing of this machine's fits.
set(CMAKE_FIND_ROOT_PATH "/usr/${musl_triple}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
