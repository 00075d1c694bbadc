# Makes of cargo's archive one whose only global symbols are the functions of the header, so that it links beside
# other Rust archives and beside other copies of the same crypto code. Run by the target cognito_connect_archive as
#   cmake -DCARGO_ARCHIVE=… -DARCHIVE=… -DHEADER=… -DUNWINDER=… -DKEEP_DEBUG=0|1 -DLD=… -DOBJCOPY=… -DAR=… -P MakeArchive.cmake

# Two builds of one tree at the same time would write into each other's files.
file(LOCK "${ARCHIVE}.lock" GUARD PROCESS)

# The archive itself is left alone when its content stays the same, hence a stamp.
set(stamp "${ARCHIVE}.stamp")
set(is_fresh TRUE)
foreach(input IN ITEMS "${CARGO_ARCHIVE}" ${UNWINDER} "${HEADER}" "${CMAKE_CURRENT_LIST_FILE}")
    if(NOT EXISTS "${ARCHIVE}" OR "${input}" IS_NEWER_THAN "${stamp}")
        set(is_fresh FALSE)
    endif()
endforeach()
if(is_fresh)
    return()
endif()

# A declaration starts in column 0; what a comment mentions does not.
set(functions "")
file(STRINGS "${HEADER}" lines REGEX "^[a-z].*[ *]cognito_[a-z0-9_]+\\(")
foreach(line IN LISTS lines)
    string(REGEX MATCH "(cognito_[a-z0-9_]+)\\(" unused "${line}")
    list(APPEND functions "${CMAKE_MATCH_1}")
endforeach()
if(NOT functions)
    message(FATAL_ERROR "${HEADER} declares no function")
endif()

set(work "${ARCHIVE}.work")
file(REMOVE_RECURSE "${work}")
file(MAKE_DIRECTORY "${work}")
list(JOIN functions "\n" keep)
file(WRITE "${work}/keep" "${keep}\n")
list(TRANSFORM functions PREPEND "--require-defined=")

set(gc --gc-sections)
set(strip --strip-debug)
if(KEEP_DEBUG)
    # Without link-time optimisation, collecting sections leaves symbols behind that only they referred to, weakly, and
    # makes them strong: then another Rust archive that refers to them does not link.
    set(gc "")
    set(strip "")
endif()
# A section group that stayed would stand for the one of the same name in another Rust archive, such as the reference
# to rust_eh_personality, and be of no use to it.
# .llvmbc and .llvmcmd come with the standard library; an older LLVM plugin of binutils aborts at them.
foreach(command IN ITEMS
    "${LD};-r;${gc};--force-group-allocation;${functions};-o;${work}/cognito_connect.o;${CARGO_ARCHIVE};${UNWINDER}"
    "${OBJCOPY};${strip};--keep-global-symbols=${work}/keep;-R;.llvmbc;-R;.llvmcmd;-R;.comment;${work}/cognito_connect.o"
    "${AR};rcsD;${work}/libcognito_connect.a;${work}/cognito_connect.o")
    execute_process(COMMAND ${command} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(COPY_FILE "${work}/libcognito_connect.a" "${ARCHIVE}" ONLY_IF_DIFFERENT)
file(REMOVE_RECURSE "${work}")
file(TOUCH "${stamp}")
