# Installs in components, each of which `cmake --install BUILD --component NAME` installs alone:
#   programs      cognito_connect, cognito_doctor, cognito_credentials, cognito_bridge, and their man pages
#   development   the library, its headers, what it is made of (an SBOM), a CMake package and a pkg-config file, both relocatable
#   local_aws     the local Cognito and IoT Core for tests; only when it is named, after `cmake --build BUILD --target local_aws`
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development
    FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES "${archive}" DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
# What programs that the archive is linked into hold: the list, and what goes with every one of them.
install(FILES "${sbom}" THIRD-PARTY-NOTICES DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/cognito_connect" COMPONENT development)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/CognitoConnect")
configure_package_config_file(cmake/CognitoConnectConfig.cmake.in "${PROJECT_BINARY_DIR}/CognitoConnectConfig.cmake"
    INSTALL_DESTINATION "${package_dir}"
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/CognitoConnectConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/CognitoConnectConfig.cmake"
    "${PROJECT_BINARY_DIR}/CognitoConnectConfigVersion.cmake" DESTINATION "${package_dir}" COMPONENT development)

# Where the prefix is, seen from the .pc file.
file(RELATIVE_PATH up_to_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" up_to_prefix "${up_to_prefix}")
file(RELATIVE_PATH pc_libdir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH pc_includedir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
list(JOIN system_libraries " " pc_libs)
configure_file(cmake/cognito_connect.pc.in "${PROJECT_BINARY_DIR}/cognito_connect.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/cognito_connect.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
    COMPONENT development)

set(installed_programs "")
if(COGNITO_CONNECT_BUILD_EXAMPLES)
    set(installed_programs cognito_connect cognito_credentials cognito_bridge)
    install(TARGETS cognito_connect_example cognito_credentials cognito_bridge
        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT programs)
    if(TARGET cognito_doctor)
        list(APPEND installed_programs cognito_doctor)
        install(TARGETS cognito_doctor RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT programs)
    endif()
endif()
# Packages compress their pages, always to the same bytes.
find_program(COGNITO_CONNECT_GZIP gzip)
mark_as_advanced(COGNITO_CONNECT_GZIP)
foreach(program IN LISTS installed_programs)
    set(page "${PROJECT_SOURCE_DIR}/man/${program}.1")
    if(COGNITO_CONNECT_GZIP)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page}")
        file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/man")
        execute_process(COMMAND "${COGNITO_CONNECT_GZIP}" -9nc "${page}"
            OUTPUT_FILE "${PROJECT_BINARY_DIR}/man/${program}.1.gz" COMMAND_ERROR_IS_FATAL ANY)
        set(page "${PROJECT_BINARY_DIR}/man/${program}.1.gz")
    endif()
    install(FILES "${page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT programs)
endforeach()

# For the machine that builds, also when the library is for another. It shares its folder with the scripts.
set(local_aws_target "${PROJECT_SOURCE_DIR}/target/local-aws")
if(PROJECT_IS_TOP_LEVEL)
    add_custom_target(local_aws
        COMMAND "${cargo}" build --locked --target-dir "${local_aws_target}"
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}/tests/local-aws" COMMENT "Building local AWS" USES_TERMINAL VERBATIM)
    install(PROGRAMS "${local_aws_target}/debug/local-aws" DESTINATION "${CMAKE_INSTALL_BINDIR}"
        COMPONENT local_aws EXCLUDE_FROM_ALL)
    install(FILES tests/local-aws/README.md DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/local-aws"
        COMPONENT local_aws EXCLUDE_FROM_ALL)
    include(cmake/Packages.cmake)
endif()
