# 64-bit ARM with glibc, by the cross compiler of Debian and Ubuntu.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(gnu_triple aarch64-linux-gnu)
set(qemu_processor aarch64)
include("${CMAKE_CURRENT_LIST_DIR}/gnu.cmake")
