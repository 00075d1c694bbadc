# Suites of cases whose peers are not local AWS: tests/tls and tests/sigv4 start them, and these programs are what is tested.

function(add_suite_program name)
    add_executable(${name} ${name}.c ${ARGN})
    target_link_libraries(${name} PRIVATE c_tests)
endfunction()

add_suite_program(refuses_bad_servers)
get_command(refuses_bad_servers refuses_bad_servers)
add_c_test_command(refuses_bad_servers failures 240
    COMMAND ${local_aws} run -- "${COGNITO_CONNECT_PYTHON}" -B "${PROJECT_SOURCE_DIR}/tests/tls/run.py" "${refuses_bad_servers}")

# Run by tests/sigv4/run.
add_suite_program(signs_many_urls device_clock.c)
target_link_options(signs_many_urls PRIVATE -Wl,--wrap=clock_gettime,--wrap=__clock_gettime64)
