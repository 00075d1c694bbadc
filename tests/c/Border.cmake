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
