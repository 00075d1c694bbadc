# Writes what is in the archive, a CycloneDX document: Rust's standard library and every crate that cargo builds for it, those that
# only run in the build, such as procedural macros, among them. Run by the target cognito_connect_archive as
#   cmake -DCARGO=… -DRUSTC=… -DTARGET=… -DFEATURES=… -DSBOM=… -P Sbom.cmake
# in the folder of Cargo.lock. The same sources make the same document: it has no date and no serial number.

cmake_policy(VERSION 3.25)
set(root "${CMAKE_CURRENT_LIST_DIR}/..")
# Two builds of one tree at the same time would write into the same file.
file(LOCK "${SBOM}.lock" GUARD PROCESS)

set(made_of "${TARGET} ${FEATURES}")
if(EXISTS "${SBOM}.stamp")
    file(READ "${SBOM}.stamp" stamp)
    set(is_fresh TRUE)
    foreach(input IN ITEMS "${root}/Cargo.lock" "${root}/Cargo.toml" "${CMAKE_CURRENT_LIST_FILE}")
        if("${input}" IS_NEWER_THAN "${SBOM}.stamp")
            set(is_fresh FALSE)
        endif()
    endforeach()
    if(is_fresh AND stamp STREQUAL made_of AND EXISTS "${SBOM}")
        return()
    endif()
endif()

execute_process(COMMAND "${CARGO}" tree --locked --edges normal,build --prefix none --format "{p}|{l}" --target "${TARGET}"
        --no-default-features "--features=${FEATURES}"
    WORKING_DIRECTORY "${root}" OUTPUT_VARIABLE tree COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${RUSTC}" --version OUTPUT_VARIABLE compiler COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+[^ ]*" compiler "${compiler}")
file(READ "${root}/Cargo.lock" lock)

# The members of a component, without the last bracket.
function(describe out name version license purl)
    string(REGEX REPLACE " */ *" " OR " license "${license}")
    set(${out} "\"type\": \"library\", \"bom-ref\": \"${purl}\", \"name\": \"${name}\", \"version\": \"${version}\", \
\"purl\": \"${purl}\", \"licenses\": [{\"expression\": \"${license}\"}]" PARENT_SCOPE)
endfunction()

string(REPLACE "\n" ";" lines "${tree}")
describe(std rust-std "${compiler}" "MIT OR Apache-2.0" "pkg:generic/rust-std@${compiler}")
set(components "    {${std}}")
set(subject "")
list(SORT lines)
list(REMOVE_DUPLICATES lines)
foreach(line IN LISTS lines)
    # One whose dependencies were shown before ends with a star.
    if(line STREQUAL "" OR line MATCHES " \\(\\*\\)$")
        continue()
    endif()
    if(NOT line MATCHES "^([^ ]+) v([^ |]+)[^|]*\\|(.+)$")
        message(FATAL_ERROR "cargo tree says what is not understood: ${line}")
    endif()
    set(name "${CMAKE_MATCH_1}")
    set(version "${CMAKE_MATCH_2}")
    describe(component "${name}" "${version}" "${CMAKE_MATCH_3}" "pkg:cargo/${name}@${version}")
    if(name STREQUAL "cognito-connect")
        set(subject "${component}")
        continue()
    endif()
    string(REGEX MATCH "name = \"${name}\"\nversion = \"${version}\"\nsource = [^\n]*\nchecksum = \"([0-9a-f]+)\"" unused "${lock}")
    if(unused)
        string(APPEND component ", \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"${CMAKE_MATCH_1}\"}]")
    endif()
    string(APPEND components ",\n    {${component}}")
endforeach()

file(WRITE "${SBOM}" "{
  \"bomFormat\": \"CycloneDX\",
  \"specVersion\": \"1.5\",
  \"version\": 1,
  \"metadata\": {
    \"component\": {${subject}},
    \"properties\": [{\"name\": \"target\", \"value\": \"${TARGET}\"}, {\"name\": \"features\", \"value\": \"${FEATURES}\"}]
  },
  \"components\": [
${components}
  ]
}
")
file(WRITE "${SBOM}.stamp" "${made_of}")
