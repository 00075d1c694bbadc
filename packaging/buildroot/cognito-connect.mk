################################################################################
#
# cognito-connect
#
################################################################################

COGNITO_CONNECT_VERSION = 0.1.0
# Where the archive of the sources is: set it in your external tree.
COGNITO_CONNECT_SITE ?= https://git.example.invalid/cognito-connect/releases
COGNITO_CONNECT_SOURCE = cognito-connect-$(COGNITO_CONNECT_VERSION).tar.gz
COGNITO_CONNECT_LICENSE = Apache-2.0, vendored dependencies licenses probably not listed
COGNITO_CONNECT_LICENSE_FILES = LICENSE
COGNITO_CONNECT_DEPENDENCIES = host-rustc
# A library to link statically, which the target itself does not need.
COGNITO_CONNECT_INSTALL_STAGING = YES
COGNITO_CONNECT_SUPPORTS_IN_SOURCE_BUILD = NO

# The archive of scripts/source-archive has the crates in it. For one without them:
# COGNITO_CONNECT_DOWNLOAD_POST_PROCESS = cargo
# COGNITO_CONNECT_DOWNLOAD_DEPENDENCIES = host-rustc
# COGNITO_CONNECT_DL_ENV = CARGO_HOME=$(BR_CARGO_HOME)

COGNITO_CONNECT_CARGO_OPTS = \
	$(PKG_CARGO_ENV) \
	CARGO_NET_OFFLINE=true
COGNITO_CONNECT_CONF_ENV = $(COGNITO_CONNECT_CARGO_OPTS)
COGNITO_CONNECT_MAKE_ENV = $(COGNITO_CONNECT_CARGO_OPTS)

COGNITO_CONNECT_CONF_OPTS = \
	-DCOGNITO_CONNECT_CARGO=$(HOST_DIR)/bin/cargo \
	-DCOGNITO_CONNECT_RUSTC=$(HOST_DIR)/bin/rustc \
	-DCOGNITO_CONNECT_RUST_TARGET=$(RUSTC_TARGET_NAME) \
	-DCOGNITO_CONNECT_BUILD_TESTS=OFF \
	-DCOGNITO_CONNECT_BUILD_EXAMPLES=$(if $(BR2_PACKAGE_COGNITO_CONNECT_PROGRAMS),ON,OFF) \
	-DCOGNITO_CONNECT_MQTT5=$(if $(BR2_PACKAGE_COGNITO_CONNECT_MQTT5),ON,OFF) \
	-DCOGNITO_CONNECT_PROXY=$(if $(BR2_PACKAGE_COGNITO_CONNECT_PROXY),ON,OFF) \
	-DCOGNITO_CONNECT_TRACE=$(if $(BR2_PACKAGE_COGNITO_CONNECT_TRACE),ON,OFF) \
	-DCOGNITO_CONNECT_TLS12=$(if $(BR2_PACKAGE_COGNITO_CONNECT_TLS12),ON,OFF) \
	-DCOGNITO_CONNECT_CHACHA20=$(if $(BR2_PACKAGE_COGNITO_CONNECT_CHACHA20),ON,OFF)

# The library goes to staging alone; Buildroot would remove it from the target at the end.
ifeq ($(BR2_PACKAGE_COGNITO_CONNECT_PROGRAMS),y)
define COGNITO_CONNECT_INSTALL_TARGET_CMDS
	DESTDIR=$(TARGET_DIR) $(HOST_DIR)/bin/cmake --install $(COGNITO_CONNECT_BUILDDIR) --component programs
endef
else
COGNITO_CONNECT_INSTALL_TARGET = NO
endif

$(eval $(cmake-package))
