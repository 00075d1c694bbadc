# Faults of the network at each stage and at each byte, and a soak under them. In long they are whole, beside them a part.

# The heap is compared: what the allocator keeps for the thread counts as in use.
function(look_at_the_heap test)
    if(TEST ${test})
        set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT GLIBC_TUNABLES=glibc.malloc.tcache_count=0)
    endif()
endfunction()

function(add_long_fault_test name timeout variant)
    add_c_test(${name} failures ${timeout} VARIANT ${variant} ${ARGN})
    if(TEST ${name}_${variant})
        set_property(TEST ${name}_${variant} APPEND PROPERTY LABELS long)
        look_at_the_heap(${name}_${variant})
    endif()
endfunction()

# Every fault at every stage; one at each.
set(name withstands_each_fault_at_each_stage)
foreach(cells IN ITEMS quick all)
    is_left_out(left_out_here ${name}_${cells})
    if(NOT left_out_here)
        if(NOT TARGET ${name})
            add_executable(${name} ${name}.c faulty_dns.c late_listener.c)
            target_link_libraries(${name} PRIVATE c_tests)
        endif()
        set(long "")
        if(cells STREQUAL all)
            set(long LABELS long)
        endif()
        get_command(command ${name})
        add_c_test_command(${name}_${cells} failures 900 ${long}
            COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/with_own_name_server.sh" "${local_aws}" run --host localhost
                --host faults.example -- "${command}" ${cells})
        look_at_the_heap(${name}_${cells})
    endif()
endforeach()

# The connection cut after every byte; after every 37th.
set(name survives_a_cut_after_every_byte)
foreach(service IN ITEMS cognito iot)
    foreach(direction IN ITEMS sent received)
        add_c_test(${name} failures 120 VARIANT ${service}_${direction}_in_steps ARGUMENTS ${service} ${direction} 37)
        look_at_the_heap(${name}_${service}_${direction}_in_steps)
        add_long_fault_test(${name} 1800 ${service}_${direction} ARGUMENTS ${service} ${direction} 1)
        add_long_fault_test(${name} 1800 ${service}_${direction}_tls_1_2 SERVER --tls 1.2
            ARGUMENTS ${service} ${direction} 1)
    endforeach()
endforeach()

# Some minutes of the soak that tests/reliability/soak runs for an hour.
add_long_fault_test(outlasts_faults 600 for_minutes ARGUMENTS 120 5 0)
