# Included by aarch64.cmake and armv7.cmake, with the compiler's name and Debian's names of what is needed in
#   gnu_triple          prefix of the compiler, and of Debian's packages with hyphens
#   qemu_processor      processor in the emulator's name
string(REPLACE "_" "-" gnu_package "${gnu_triple}")

find_program(CMAKE_C_COMPILER "${gnu_triple}-gcc")
if(NOT CMAKE_C_COMPILER)
    message(FATAL_ERROR "${gnu_triple}-gcc was not found. On Debian and Ubuntu: apt install gcc-${gnu_package}")
endif()
# C++ is for one example and the tests of the C++ header.
find_program(CMAKE_CXX_COMPILER "${gnu_triple}-g++")
if(NOT CMAKE_CXX_COMPILER)
    # Not this machine's, which CMake would find.
    unset(CMAKE_CXX_COMPILER CACHE)
    set(CMAKE_CXX_COMPILER NOTFOUND)
    message(STATUS "${gnu_triple}-g++ was not found. On Debian and Ubuntu: apt install g++-${gnu_package}")
endif()

# Libraries and headers of the target only. Programs are this machine's.
set(CMAKE_FIND_ROOT_PATH "/usr/${gnu_triple}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
# A package that was cross built may be anywhere.
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

if(NOT CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL CMAKE_SYSTEM_PROCESSOR)
    set(CMAKE_SYSTEM_NAME Linux)
    include("${CMAKE_CURRENT_LIST_DIR}/qemu.cmake")
    if(CMAKE_CROSSCOMPILING_EMULATOR)
        list(APPEND CMAKE_CROSSCOMPILING_EMULATOR -L "/usr/${gnu_triple}")
    endif()
endif()
