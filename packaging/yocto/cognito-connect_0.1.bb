# Needs Rust 1.94.1 or newer, which bitbake -e cognito-connect shows as RUST_VERSION or in the names of rust-native's recipes.
# Older releases of openembedded-core get one by a layer: docs/packages.md.
SUMMARY = "From an Amazon Cognito identity to an open MQTT session on AWS IoT Core"
DESCRIPTION = "A static library with a C API, and programs that use it: a device without a certificate of its own \
connects to AWS IoT Core by MQTT over WebSocket, with the credentials of an Amazon Cognito identity."
SECTION = "libs/network"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# Where the sources are, for bitbake's git fetcher, and the commit: set both in your layer or in local.conf.
COGNITO_CONNECT_GIT ?= "git://git.example.invalid/cognito-connect.git;protocol=https;branch=main"
SRC_URI = "${COGNITO_CONNECT_GIT}"
SRCREV ?= "${AUTOREV}"
PV = "0.1.0+git"
# Releases of openembedded-core before 5.1 need S = "${WORKDIR}/git".
# The crates of Cargo.lock, which bitbake fetches and cargo then takes from its folder, without a network: a list that
# bitbake -c update_crates cognito-connect writes beside this file.
include cognito-connect-crates.inc

DEPENDS = "cargo-native"
# The last has do_configure.
inherit cargo_common rust cargo-update-recipe-crates cmake

# Where bitbake's crates are, and the linker of build scripts.
do_configure[postfuncs] += "cargo_common_do_configure"

# The target as Yocto's Rust names it, whose standard library RUSTFLAGS leads to. RUSTFLAGS takes the place of the flags that
# CMake sets: frame pointers make the tables of the unwinder smaller.
RUSTFLAGS:append = " -Cforce-frame-pointers=yes"
export RUSTFLAGS
export RUST_BACKTRACE = "1"
export CARGO_NET_OFFLINE = "true"
EXTRA_OECMAKE = "\
    -DCOGNITO_CONNECT_CARGO=${STAGING_BINDIR_NATIVE}/cargo \
    -DCOGNITO_CONNECT_RUSTC=${STAGING_BINDIR_NATIVE}/rustc \
    -DCOGNITO_CONNECT_RUST_TARGET=${RUST_HOST_SYS} \
    -DCOGNITO_CONNECT_CARGO_TARGET_DIR=${B}/cargo \
    -DCOGNITO_CONNECT_BUILD_TESTS=OFF \
"

# What a device may not need: docs/performance.md says how much each takes.
PACKAGECONFIG ??= "programs mqtt5 proxy trace tls12 chacha20"
PACKAGECONFIG[programs] = "-DCOGNITO_CONNECT_BUILD_EXAMPLES=ON,-DCOGNITO_CONNECT_BUILD_EXAMPLES=OFF"
PACKAGECONFIG[mqtt5] = "-DCOGNITO_CONNECT_MQTT5=ON,-DCOGNITO_CONNECT_MQTT5=OFF"
PACKAGECONFIG[proxy] = "-DCOGNITO_CONNECT_PROXY=ON,-DCOGNITO_CONNECT_PROXY=OFF"
PACKAGECONFIG[trace] = "-DCOGNITO_CONNECT_TRACE=ON,-DCOGNITO_CONNECT_TRACE=OFF"
PACKAGECONFIG[tls12] = "-DCOGNITO_CONNECT_TLS12=ON,-DCOGNITO_CONNECT_TLS12=OFF"
PACKAGECONFIG[chacha20] = "-DCOGNITO_CONNECT_CHACHA20=ON,-DCOGNITO_CONNECT_CHACHA20=OFF"

# Each program alone: a device with the bridge needs no doctor.
PACKAGES =+ "${PN}-bridge ${PN}-credentials ${PN}-doctor"
FILES:${PN}-bridge = "${bindir}/cognito_bridge"
FILES:${PN}-credentials = "${bindir}/cognito_credentials"
FILES:${PN}-doctor = "${bindir}/cognito_doctor"
FILES:${PN} = "${bindir}/cognito_connect"
FILES:${PN}-dev += "${libdir}/cmake"
# There is a static library only: who builds against it needs that package too.
RDEPENDS:${PN}-dev = "${PN}-staticdev"
# The sysroot prefix is put in front of absolute paths; that of the .pc file is relative.
SYSROOT_PREPROCESS_FUNCS:append:class-target = " cognito_connect_pc_prefix"
cognito_connect_pc_prefix() {
    sed -i -e "s:^prefix=.*:prefix=${prefix}:" ${SYSROOT_DESTDIR}${libdir}/pkgconfig/cognito_connect.pc
}
