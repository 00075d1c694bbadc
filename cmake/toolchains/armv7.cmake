# 32-bit ARM (ARMv7 with hardware floating point) with glibc, by the cross compiler of Debian and Ubuntu.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(gnu_triple arm-linux-gnueabihf)
set(qemu_processor arm)
include("${CMAKE_CURRENT_LIST_DIR}/gnu.cmake")
