# The archive and its packages.
add_c_test_command(archive_has_our_symbols_only package 60
    COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/archive_has_our_symbols_only.sh" "${CMAKE_NM}" "${archive}" "${header}")
set(libc none)
if(NOT rust_target MATCHES "musl")
    execute_process(COMMAND "${CMAKE_C_COMPILER}" -print-file-name=libc.so.6 OUTPUT_VARIABLE libc
        OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
if(COGNITO_CONNECT_BUILD_EXAMPLES AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    # What is not optimised refers to more than it uses.
    add_c_test_command(objects_suit_old_systems package 60
        COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/objects_suit_old_systems.sh" "${CMAKE_NM}" "${CMAKE_READELF}" "${archive}"
            "$<TARGET_FILE:cognito_connect_example>" "${libc}" "${PROJECT_SOURCE_DIR}/docs/boards.md")
endif()
add_c_test_command(archive_is_reproducible package 2400 LABELS long
    COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/archive_is_reproducible.sh" "${CMAKE_COMMAND}"
        "${CMAKE_CURRENT_BINARY_DIR}/reproducible" "${CMAKE_GENERATOR}")
add_c_test_command(archive_links_beside_others package 120
    COMMAND ${local_aws} run -- "${CMAKE_CURRENT_SOURCE_DIR}/archive_links_beside_others.sh" "${CMAKE_C_COMPILER}" "${rustc}"
        "${archive}" "${PROJECT_SOURCE_DIR}/include" "$<TARGET_FILE:c_tests>" "${CMAKE_CURRENT_BINARY_DIR}/beside"
        ${system_libraries})
if(unwinder)
    set(emulator none)
    if(is_emulated)
        list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " emulator)
    endif()
    add_c_test_command(static_programs_unwind package 120
        COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/static_programs_unwind.sh" "${rustc}" ${rust_target} "${CMAKE_LINKER}"
            "${CMAKE_OBJCOPY}" "${CMAKE_C_COMPILER}" "${unwinder}" "${CMAKE_CURRENT_BINARY_DIR}/unwind" "${emulator}"
            ${system_libraries})
endif()
if(COGNITO_CONNECT_BUILD_EXAMPLES)
    add_c_test_command(runs_on_a_small_image package 120 COMMAND ${local_aws} run --
        "${CMAKE_CURRENT_SOURCE_DIR}/runs_on_a_small_image.sh" "${PROJECT_BINARY_DIR}/bin" "${CMAKE_CURRENT_BINARY_DIR}/small")
endif()
add_c_test_command(configure_says_what_is_missing package 120
    COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/configure_says_what_is_missing.sh" "${CMAKE_COMMAND}" "${CMAKE_GENERATOR}" "${rustc}"
        "${CMAKE_CURRENT_BINARY_DIR}/missing")
# In the folder of `cargo test`, where the crates that it needs are built already.
add_c_test_command(says_what_is_left_out package 1200
    COMMAND ${local_aws} run -- "${CMAKE_CURRENT_SOURCE_DIR}/says_what_is_left_out.sh" "${cargo}" "${CMAKE_C_COMPILER}"
        "${PROJECT_SOURCE_DIR}" "$<TARGET_FILE:c_tests>" "${CMAKE_CURRENT_BINARY_DIR}" ${system_libraries})
set(consumer_environment "CC=${CMAKE_C_COMPILER}" "CXX=${COGNITO_CONNECT_CXX}" "CMAKE=${CMAKE_COMMAND}"
    "CMAKE_GENERATOR=${CMAKE_GENERATOR}" "CMAKE_MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}")
if(CMAKE_TOOLCHAIN_FILE)
    cmake_path(ABSOLUTE_PATH CMAKE_TOOLCHAIN_FILE BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" OUTPUT_VARIABLE toolchain_file)
    list(APPEND consumer_environment "CMAKE_TOOLCHAIN_FILE=${toolchain_file}")
endif()
if(is_emulated)
    list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " emulator)
    list(APPEND consumer_environment "EMULATOR=${emulator}")
endif()
if(COGNITO_CONNECT_INSTALL)
    foreach(way IN ITEMS cmake pkg-config)
        string(MAKE_C_IDENTIFIER "consumer_by_${way}" name)
        add_c_test_command(${name} package 300 ENVIRONMENT ${consumer_environment}
            COMMAND ${local_aws} run -- "${PROJECT_SOURCE_DIR}/tests/consumer/run" ${way} "${PROJECT_BINARY_DIR}" "$<CONFIG>")
    endforeach()
endif()
if(COGNITO_CONNECT_INSTALL AND COGNITO_CONNECT_BUILD_EXAMPLES AND NOT CMAKE_CROSSCOMPILING AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    set(debian_packages "${CMAKE_CURRENT_BINARY_DIR}/packages" "$<CONFIG>" "${cargo}" "${rustc}" "${COGNITO_CONNECT_CARGO_TARGET_DIR}")
    add_c_test_command(consumer_by_debian_packages package 600 ENVIRONMENT ${consumer_environment} "CPACK=${CMAKE_CPACK_COMMAND}"
        COMMAND ${local_aws} run -- "${PROJECT_SOURCE_DIR}/tests/packages/run" ${debian_packages})
    if(NOT rust_target MATCHES "musl")
        # A Debian is fetched, whose compiler is for glibc.
        add_c_test_command(consumer_in_a_clean_root package 1200 ENVIRONMENT ${consumer_environment} "CPACK=${CMAKE_CPACK_COMMAND}"
            LABELS long COMMAND ${local_aws} run -- "${PROJECT_SOURCE_DIR}/tests/packages/clean_root" ${debian_packages})
    endif()
    foreach(test IN ITEMS consumer_by_debian_packages consumer_in_a_clean_root)
        if(TEST ${test})
            set_tests_properties(${test} PROPERTIES RESOURCE_LOCK debian_packages)
        endif()
    endforeach()
endif()
if(NOT CMAKE_CROSSCOMPILING AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    # All crates are fetched and built once more.
    add_c_test_command(builds_without_a_network package 2400 ENVIRONMENT ${consumer_environment} LABELS long
        COMMAND ${local_aws} run -- "${PROJECT_SOURCE_DIR}/tests/packages/offline" "${CMAKE_COMMAND}" "${CMAKE_GENERATOR}")
endif()
add_c_test_command(consumer_by_subdirectory package 900 ENVIRONMENT ${consumer_environment}
    COMMAND ${local_aws} run -- "${PROJECT_SOURCE_DIR}/tests/consumer/run" subdirectory "${PROJECT_BINARY_DIR}" "$<CONFIG>"
        "${COGNITO_CONNECT_CARGO_TARGET_DIR}")
