# Sourced: makes the Debian packages in $work/packages.
#   make_packages BUILD_DIR CONFIG CARGO RUSTC CARGO_TARGET_DIR
# BUILD_DIR is a build tree for packages alone; the cargo build is shared, or this would take minutes.
make_packages() {
    "$cmake" -S "$sources" -B "$1" -DCMAKE_BUILD_TYPE="$2" -DCMAKE_INSTALL_PREFIX=/usr -DCOGNITO_CONNECT_BUILD_TESTS=OFF \
        -DCOGNITO_CONNECT_CARGO="$3" -DCOGNITO_CONNECT_RUSTC="$4" -DCOGNITO_CONNECT_CARGO_TARGET_DIR="$5"
    "$cmake" --build "$1" --config "$2"
    "${CPACK:-cpack}" --config "$1/CPackConfig.cmake" -G DEB -C "$2" -B "$work/packages"
}
