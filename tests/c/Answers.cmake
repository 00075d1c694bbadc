# Whatever servers answer, byte by byte.
set(answers "${PROJECT_SOURCE_DIR}/tests/answers.tsv")
add_c_test(withstands_any_answer failures 300 ARGUMENTS "${answers}")
foreach(way IN ITEMS transport provider)
    add_c_test(withstands_any_answer failures 300 VARIANT of_a_${way} ARGUMENTS "${answers}" ${way})
    if(TEST withstands_any_answer_of_a_${way})
        set_property(TEST withstands_any_answer_of_a_${way} APPEND PROPERTY LABELS long)
    endif()
endforeach()
if(TARGET withstands_any_answer)
    target_sources(withstands_any_answer PRIVATE answers.c)
endif()

# Whatever the kernel says no to. The programs are those of this machine, which strace can stop.
if(COGNITO_CONNECT_BUILD_EXAMPLES AND NOT CMAKE_CROSSCOMPILING AND NOT rust_target MATCHES "musl")
    add_library(stops_at_start MODULE stops_at_start.c)
    add_executable(goes_on_after_a_failed_call goes_on_after_a_failed_call.c)
    target_link_libraries(goes_on_after_a_failed_call PRIVATE c_tests)
    set(system_calls ${local_aws} run -- "${PROJECT_SOURCE_DIR}/tests/reliability/system_calls" "$<TARGET_FILE:stops_at_start>"
        "$<TARGET_FILE:cognito_connect_example>" "$<TARGET_FILE:goes_on_after_a_failed_call>")
    add_c_test_command(withstands_failed_system_calls failures 1200 COMMAND ${system_calls} --quick)
    add_c_test_command(withstands_all_failed_system_calls failures 3600 LABELS long COMMAND ${system_calls})
endif()

# Whatever the clock of the device says.
add_c_test(withstands_any_clock connect 60)
add_c_test(withstands_any_clock connect 60 VARIANT of_a_transport ARGUMENTS transport)
target_sources(withstands_any_clock PRIVATE device_clock.c)
target_link_options(withstands_any_clock PRIVATE -Wl,--wrap=clock_gettime,--wrap=__clock_gettime64)

# Whatever else is set.
add_c_test(verifies_whatever_is_set failures 120 ARGUMENTS "${header}")
if(TARGET verifies_whatever_is_set)
    target_link_options(verifies_whatever_is_set PRIVATE -Wl,--wrap=getenv,--wrap=secure_getenv)
endif()

# What the archive is made of.
if(NOT CMAKE_CROSSCOMPILING)
    add_c_test_command(supply_is_known package 120 COMMAND "${PROJECT_SOURCE_DIR}/tests/reliability/supply" --sbom "${sbom}")
endif()
