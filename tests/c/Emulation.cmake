# In a cross build the programs of the tests run under an emulator, CMAKE_CROSSCOMPILING_EMULATOR of the toolchain file,
# against local AWS on this machine. What an emulator cannot show is left out, and counted.

set(is_emulated FALSE)
set(test_slowdown 1)
if(CMAKE_CROSSCOMPILING AND CMAKE_CROSSCOMPILING_EMULATOR)
    set(is_emulated TRUE)
    set(test_slowdown 5)
endif()

# Beside those of the labels api and header, the tests that show most of a new target in little time: each stage, clocks,
# descriptors, threads, a program, and the objects. A regular expression for whole names.
string(JOIN "|" quick
    "connects_and_disconnects.*" "connects_again" "connects_beyond_32_bits.*" "corrects_its_clock.*" "fetches_credentials"
    "signs_a_url.*" "carries_mqtt_by_hand.*" "publishes_and_subscribes" "speaks_mqtt_5" "works_in_an_event_loop"
    "works_for_many_threads" "cancels_the_next_call.*" "refuses_a_forked_child" "runs_pubsub_as_.*" "archive_has_our_symbols_only"
    "objects_suit_old_systems" "consumer_by_cmake")

# Gives the command, one word, that runs a program of this build: its path, or a script that emulates it. A test starts
# other programs by such a path, too.
function(get_command out target)
    if(NOT is_emulated)
        set(${out} "$<TARGET_FILE:${target}>" PARENT_SCOPE)
        return()
    endif()
    set(script "${PROJECT_BINARY_DIR}/emulated/${target}")
    get_property(has_script TARGET ${target} PROPERTY COGNITO_CONNECT_HAS_SCRIPT)
    if(NOT has_script)
        set_property(TARGET ${target} PROPERTY COGNITO_CONNECT_HAS_SCRIPT TRUE)
        list(JOIN CMAKE_CROSSCOMPILING_EMULATOR "' '" emulator)
        file(GENERATE OUTPUT "${script}" CONTENT "#!/bin/sh\nexec '${emulator}' '$<TARGET_FILE:${target}>' \"$@\"\n"
            FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    endif()
    set(${out} "${script}" PARENT_SCOPE)
endfunction()

# Tests that are left out in builds of a kind: a regular expression for whole names, and why.
set(left_out_tests "")
if(is_emulated OR rust_target MATCHES "musl")
    list(APPEND left_out_tests
        ".*_under_valgrind"
            "valgrind runs programs of this machine's processor, and does not see the allocator of a static one"
        "archive_links_beside_others"
            "libcurl and OpenSSL of the target would be needed, and a second Rust archive for it"
        "archive_is_reproducible|says_what_is_left_out|configure_says_what_is_missing|builds_without_a_network"
            "they configure and build the library again, for this machine")
endif()
if(is_emulated)
    list(APPEND left_out_tests
        "bounds_.*|withstands_any_answer.*|bridge_waits_for_slow_sides|is_loaded_and_unloaded"
            "the memory that they look at is the emulator's, with what that has translated"
        "runs_on_a_small_image"
            "the image has no emulator")
endif()
if(rust_target MATCHES "musl")
    list(APPEND left_out_tests
        "an_idle_transport_is_small|goes_on_when_the_server_reads_again|waits_for_a_slow_callback.*"
            "they measure the heap by mallinfo2(), which is of glibc"
        "withstands_each_fault_at_each_stage_.*"
            "its name server fails in the ways that glibc's resolver tells apart"
        "tries_the_next_address.*"
            "they call the getaddrinfo() that comes after their own, and a static program has one")
endif()
if(CMAKE_C_COMPILER MATCHES "/zig/[^/]*$")
    list(APPEND left_out_tests
        "(cpp_)?header_.*|abi_is_as_recorded"
            "they ask for a check of the syntax or for assembler, and Zig's compiler makes objects")
endif()
if(rust_target MATCHES "musl" AND NOT CMAKE_CXX_COMPILER)
    list(APPEND left_out_tests
        "serves_cpp.*|keeps_what_cpp_callbacks_need|runs_pubsub_as_pubsub_cpp|header_compiles_as_c\\+\\+17_.*|consumer_by_.*"
            "Debian has no C++ library for musl, and Zig has one")
endif()

# Whether a test is left out.
function(is_left_out out name)
    set(${out} FALSE PARENT_SCOPE)
    set(rest "${left_out_tests}")
    while(rest)
        list(POP_FRONT rest pattern reason)
        if(name MATCHES "^(${pattern})$")
            set_property(GLOBAL APPEND PROPERTY COGNITO_CONNECT_LEFT_OUT ${name})
            set_property(GLOBAL APPEND PROPERTY COGNITO_CONNECT_LEFT_OUT_BY "${pattern}")
            set(${out} TRUE PARENT_SCOPE)
            return()
        endif()
    endwhile()
endfunction()

# Says how many were left out, and why. An entry that no test is named by is an error: the list is to be read.
function(report_left_out)
    get_property(names GLOBAL PROPERTY COGNITO_CONNECT_LEFT_OUT)
    get_property(used GLOBAL PROPERTY COGNITO_CONNECT_LEFT_OUT_BY)
    list(REMOVE_DUPLICATES names)
    list(LENGTH names count)
    set(rest "${left_out_tests}")
    if(rest)
        message(STATUS "${count} tests are left out:")
    endif()
    while(rest)
        list(POP_FRONT rest pattern reason)
        message(STATUS "  ${pattern}: ${reason}")
        if(NOT pattern IN_LIST used)
            message(FATAL_ERROR "tests/c/Emulation.cmake: no test is named by ${pattern}")
        endif()
    endwhile()
endfunction()
