# Debian packages, by `cpack -G DEB`: libcognito-connect-dev and cognito-connect-tools. Configure with
# -DCMAKE_INSTALL_PREFIX=/usr, so that the library goes to the folder of its architecture.

set(CPACK_PACKAGE_NAME cognito-connect)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_VENDOR "Cognito Connect")
set(CPACK_PACKAGE_CONTACT "Cognito Connect maintainers <maintainers@cognito-connect.invalid>" CACHE STRING
    "Who the packages name as their maintainer")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Folders have the same mode whatever the umask is of who builds the packages.
file(WRITE "${PROJECT_BINARY_DIR}/packaging/folders.cmake"
    "file(CHMOD_RECURSE \"\${CPACK_TEMPORARY_DIRECTORY}\" DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)\n")
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_BINARY_DIR}/packaging/folders.cmake")
# Programs; the archive has no debug information, and must keep its symbols.
set(CPACK_STRIP_FILES ON)
# A package is a group: a component, and what only a Debian package has beside it.
set(CPACK_COMPONENTS_ALL development debian_development)
if(installed_programs)
    list(APPEND CPACK_COMPONENTS_ALL programs debian_programs)
endif()
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# What the archive is for, which is not the machine that builds it.
if(rust_target MATCHES "^x86_64-")
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE amd64)
elseif(rust_target MATCHES "^aarch64-")
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
elseif(rust_target MATCHES "^armv7-.*eabihf$")
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE armhf)
endif()

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libcognito-connect-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libc6-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION "MQTT on AWS IoT Core with an Amazon Cognito identity (development)
This library takes a device from an Amazon Cognito identity to an open MQTT
session on AWS IoT Core, over WebSocket and TLS, without a certificate of
the device and without OpenSSL.
.
This package has the static library, its headers for C and C++, a CMake
package and a pkg-config file.")

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME cognito-connect-tools)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION net)
set(CPACK_DEBIAN_TOOLS_DESCRIPTION "MQTT on AWS IoT Core with an Amazon Cognito identity (programs)
These programs take a device from an Amazon Cognito identity to AWS IoT Core.
.
cognito_connect connects and disconnects, cognito_doctor finds out why that
fails, cognito_credentials gives AWS credentials to the AWS CLI and SDKs, and
cognito_bridge carries plain MQTT of any program.")
# dpkg-shlibdeps reads what the programs need, but does not see packed relocations, and needs the libraries of the machine.
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "libc6")
if(COGNITO_CONNECT_PACKED_RELOCATIONS)
    set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "libc6 (>= 2.36)")
endif()
if(NOT CMAKE_CROSSCOMPILING)
    set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
endif()

# What every Debian package has. The date is SOURCE_DATE_EPOCH's, if that is set.
string(TIMESTAMP changelog_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(changelog_package cognito-connect)
configure_file(packaging/debian/changelog.in "${PROJECT_BINARY_DIR}/packaging/changelog.Debian" @ONLY)
configure_file(CHANGELOG.md "${PROJECT_BINARY_DIR}/packaging/changelog" COPYONLY)
if(COGNITO_CONNECT_GZIP)
    execute_process(COMMAND "${COGNITO_CONNECT_GZIP}" -9nf changelog.Debian changelog
        WORKING_DIRECTORY "${PROJECT_BINARY_DIR}/packaging" COMMAND_ERROR_IS_FATAL ANY)
endif()
foreach(component IN ITEMS development programs)
    set(package "${CPACK_DEBIAN_DEV_PACKAGE_NAME}")
    if(component STREQUAL programs)
        set(package "${CPACK_DEBIAN_TOOLS_PACKAGE_NAME}")
    endif()
    set(documents "${PROJECT_BINARY_DIR}/packaging/changelog.Debian.gz" "${PROJECT_BINARY_DIR}/packaging/changelog.gz"
        "${PROJECT_SOURCE_DIR}/packaging/debian/copyright" "${PROJECT_SOURCE_DIR}/THIRD-PARTY-NOTICES")
    install(FILES ${documents} DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/${package}"
        COMPONENT debian_${component} EXCLUDE_FROM_ALL)
    install(FILES "${PROJECT_SOURCE_DIR}/packaging/debian/${package}.lintian-overrides"
        DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/lintian/overrides" RENAME ${package}
        COMPONENT debian_${component} EXCLUDE_FROM_ALL)
endforeach()

include(CPack)
cpack_add_component(development GROUP dev)
cpack_add_component(debian_development GROUP dev)
cpack_add_component(programs GROUP tools)
cpack_add_component(debian_programs GROUP tools)
cpack_add_component_group(dev)
cpack_add_component_group(tools)
