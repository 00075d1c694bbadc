# What runs the target's programs on this machine, where it is there. The C tests need it.
#   qemu_processor      processor in the emulator's name
find_program(COGNITO_CONNECT_QEMU NAMES "qemu-${qemu_processor}-static" "qemu-${qemu_processor}")
mark_as_advanced(COGNITO_CONNECT_QEMU)
if(COGNITO_CONNECT_QEMU)
    set(CMAKE_CROSSCOMPILING_EMULATOR "${COGNITO_CONNECT_QEMU}")
endif()
