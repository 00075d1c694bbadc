# The client of tests/reliability/mqtt_sequences. What the packets do is the same for every machine.

if(NOT CMAKE_CROSSCOMPILING AND NOT rust_target MATCHES "musl")
    add_executable(plays_mqtt_sequences plays_mqtt_sequences.c)
    target_link_libraries(plays_mqtt_sequences PRIVATE c_tests)
    function(add_mqtt_sequences name version)
        add_c_test_command(${name} failures 600 ${ARGN}
            COMMAND "${COGNITO_CONNECT_PYTHON}" -B "${PROJECT_SOURCE_DIR}/tests/reliability/mqtt_sequences" ${version}
                --local-aws "${local_aws}" --player "$<TARGET_FILE:plays_mqtt_sequences>")
    endfunction()
    # Long, because the suite comes from a release of Debian that changes from day to day.
    add_mqtt_sequences(withstands_mqtt_sequences 3.1.1 LABELS long)
    add_mqtt_sequences(withstands_mqtt_5_sequences 5 LABELS long)
endif()
