# The target docs: the reference as HTML in docs/html of the build tree, for who has Doxygen.
find_program(COGNITO_CONNECT_DOXYGEN doxygen)
mark_as_advanced(COGNITO_CONNECT_DOXYGEN)
if(COGNITO_CONNECT_DOXYGEN)
    configure_file(docs/Doxyfile.in "${PROJECT_BINARY_DIR}/docs/Doxyfile" @ONLY)
    add_custom_target(docs
        COMMAND "${COGNITO_CONNECT_DOXYGEN}" "${PROJECT_BINARY_DIR}/docs/Doxyfile"
        WORKING_DIRECTORY "${PROJECT_BINARY_DIR}/docs"
        COMMENT "Writing docs/html/index.html" USES_TERMINAL VERBATIM)
endif()
