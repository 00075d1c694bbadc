# The tests of the C border: every exported function under everything that can be wrong about a call, and what surrounds the
# calls of a library. The table of functions is made of tests/abi/api.txt.

set(border_folder "${PROJECT_SOURCE_DIR}/tests/border")
set(border_table "${CMAKE_CURRENT_BINARY_DIR}/border_functions.c")
add_custom_command(OUTPUT "${border_table}"
    COMMAND "${COGNITO_CONNECT_PYTHON}" -B "${border_folder}/functions.py" "${border_table}"
    DEPENDS "${border_folder}/functions.py" "${PROJECT_SOURCE_DIR}/tests/abi/api.txt" VERBATIM)
add_library(border STATIC border.c border_values.c border_allowed.c "${border_table}")
target_include_directories(border PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
target_link_libraries(border PUBLIC c_tests)
# Its callers throw results away.
set_source_files_properties("${border_table}" PROPERTIES COMPILE_OPTIONS -Wno-unused-result)

add_c_test_command(border_has_every_function package 60
    COMMAND "${COGNITO_CONNECT_PYTHON}" -B "${border_folder}/functions.py" --symbols "${CMAKE_NM}" "${archive}")

add_c_test(withstands_wrong_arguments failures 300 LONG_VALGRIND)
add_c_test(withstands_calls_in_callbacks failures 300 LONG_VALGRIND)
add_c_test(withstands_calls_in_any_state failures 300 LONG_VALGRIND)
add_c_test(withstands_calls_beside_blocked_ones failures 300 LONG_VALGRIND)
add_c_test(withstands_mixed_calls failures 120 ARGUMENTS 20000 1)
foreach(name IN ITEMS withstands_wrong_arguments withstands_calls_in_callbacks withstands_calls_in_any_state
        withstands_calls_beside_blocked_ones withstands_mixed_calls)
    target_link_libraries(${name} PRIVATE border)
endforeach()

add_c_test(is_connected_by_its_thread connect 120)

# The process around the calls.
add_c_test(is_killed_by_no_signal failures 120 LONG_VALGRIND)
add_c_test(goes_on_in_a_storm_of_signals failures 120 LONG_VALGRIND)
add_c_test(ends_with_the_process failures 120)
if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    # The budget is for optimised code.
    set(program_for_small_stacks "")
    if(COGNITO_CONNECT_BUILD_EXAMPLES)
        get_command(program_for_small_stacks cognito_doctor)
    endif()
    add_c_test(runs_on_small_stacks limits 120 ARGUMENTS ${program_for_small_stacks})
    target_link_libraries(runs_on_small_stacks PRIVATE border)
endif()
if(NOT rust_target MATCHES "musl")
    # The archive as a plugin holds it. A static program loads nothing.
    add_library(plugin MODULE plugin.c)
    target_link_libraries(plugin PRIVATE CognitoConnect::cognito_connect)
    add_c_test(is_loaded_and_unloaded limits 300 ARGUMENTS "$<TARGET_FILE:plugin>")
    if(TARGET is_loaded_and_unloaded)
        target_link_libraries(is_loaded_and_unloaded PRIVATE ${CMAKE_DL_LIBS})
    endif()
endif()
