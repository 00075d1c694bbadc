# Installs the library with a CMake package and a pkg-config file, both relocatable, and the programs of bin/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES "${archive}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(COGNITO_CONNECT_BUILD_EXAMPLES)
    install(TARGETS cognito_credentials cognito_bridge RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
    if(TARGET cognito_doctor)
        install(TARGETS cognito_doctor RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
    endif()
endif()

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/CognitoConnect")
configure_package_config_file(cmake/CognitoConnectConfig.cmake.in "${PROJECT_BINARY_DIR}/CognitoConnectConfig.cmake"
    INSTALL_DESTINATION "${package_dir}"
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/CognitoConnectConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/CognitoConnectConfig.cmake"
    "${PROJECT_BINARY_DIR}/CognitoConnectConfigVersion.cmake" DESTINATION "${package_dir}")

# Where the prefix is, seen from the .pc file.
file(RELATIVE_PATH up_to_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" up_to_prefix "${up_to_prefix}")
file(RELATIVE_PATH pc_libdir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH pc_includedir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
list(JOIN system_libraries " " pc_libs)
configure_file(cmake/cognito_connect.pc.in "${PROJECT_BINARY_DIR}/cognito_connect.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/cognito_connect.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
