//! `include/cognito_connect.h` is generated from `src/ffi` and committed. This test fails when the two differ;
//! `UPDATE_HEADER=1 cargo test --test header` rewrites it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::path::Path;

const HEADER: &str = "include/cognito_connect.h";

/// What the header is written from, in its order.
const SOURCES: [&str; 25] = [
    "status/mod.rs",
    "error.rs",
    "log.rs",
    "client/deliveries.rs",
    "config/settings.rs",
    "signing.rs",
    "ffi/version.rs",
    "ffi/status.rs",
    "ffi/log.rs",
    "ffi/config.rs",
    "ffi/identity.rs",
    "mqtt/codec/mod.rs",
    "ffi/properties.rs",
    "ffi/session.rs",
    "ffi/provider.rs",
    "ffi/credentials.rs",
    "ffi/signed_url.rs",
    "ffi/wait.rs",
    "ffi/event.rs",
    "ffi/client.rs",
    "ffi/message.rs",
    "ffi/transport.rs",
    "ffi/coremqtt.rs",
    "ffi/trace.rs",
    "ffi/failure.rs",
];

fn generated() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    config.header = Some(
        "/*\n * Cognito Connect: from an Amazon Cognito identity to an open MQTT session on AWS IoT Core.\n *\n \
         * Generated from src/ffi by `UPDATE_HEADER=1 cargo test --test header`; not edited by hand.\n *\n \
         * Strings are NUL-terminated UTF-8 in both directions and are copied on the way in. Handles are tokens: a\n \
         * handle that was freed, or is of another type, is refused with COGNITO_STATUS_INVALID_HANDLE. No function\n \
         * raises a signal, ends the process or is changed by an environment variable. A shared object that holds the\n \
         * library may be unloaded when every handle is freed and every thread that has called it has ended; each load\n \
         * leaves less than 16 KiB behind.\n */"
            .to_owned(),
    );
    config.after_includes = Some(version_macros());
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(root.join("src").join(source));
    }
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    let header = String::from_utf8(header).unwrap().replace("COGNITO_WAIT_FOREVER -1", "COGNITO_WAIT_FOREVER (-1)");
    with_warn_unused(&header)
}

fn version_macros() -> String {
    let part = |text: &str| text.parse::<u32>().unwrap();
    let (major, minor, patch) = (
        part(env!("CARGO_PKG_VERSION_MAJOR")),
        part(env!("CARGO_PKG_VERSION_MINOR")),
        part(env!("CARGO_PKG_VERSION_PATCH")),
    );
    format!(
        "\n/** The version that this header belongs to. */\n\
         #define COGNITO_VERSION_MAJOR {major}\n#define COGNITO_VERSION_MINOR {minor}\n#define COGNITO_VERSION_PATCH {patch}\n\
         #define COGNITO_VERSION_STRING \"{major}.{minor}.{patch}\"\n\
         /** major * 1000000 + minor * 1000 + patch, as cognito_version_number() gives it. */\n\
         #define COGNITO_VERSION_NUMBER {number}\n\n\
         /** A status that is not looked at is a warning. */\n\
         #if defined(__GNUC__) || defined(__clang__)\n\
         #define COGNITO_WARN_UNUSED __attribute__((warn_unused_result))\n#else\n\
         #define COGNITO_WARN_UNUSED\n#endif\n\n\
         /** Types of others: POSIX's of <sys/uio.h>, and two of coreMQTT. */\n\
         struct iovec;\nstruct NetworkContext;\nstruct TransportOutVector;",
        number = major * 1_000_000 + minor * 1_000 + patch,
    )
}

/// Marks every function that returns a status. cbindgen's own way needs `#[must_use]`, which these functions have for
/// Rust's sake nowhere; cancel and the getters of a failure are free to be ignored.
fn with_warn_unused(header: &str) -> String {
    header
        .lines()
        .map(|line| {
            let counts = ["recv(", "send(", "writev(", "fd("];
            let fallible = match line.split_once(" cognito_") {
                Some(("cognito_status", function)) => {
                    !function.contains("_cancel(") && !function.starts_with("failure_")
                }
                Some(("int32_t", function)) => {
                    function.strip_prefix("transport_").is_some_and(|verb| counts.iter().any(|it| verb.starts_with(it)))
                }
                _ => false,
            };
            if fallible { format!("COGNITO_WARN_UNUSED\n{line}\n") } else { format!("{line}\n") }
        })
        .collect()
}

#[test]
fn the_committed_header_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(HEADER);
    let generated = generated();
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{HEADER} is not what src/ffi says; run `UPDATE_HEADER=1 cargo test --test header` and commit it"
    );
}

#[test]
fn the_changelog_names_every_function_of_the_header() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let changelog = std::fs::read_to_string(root.join("CHANGELOG.md")).unwrap();
    let header = std::fs::read_to_string(root.join(HEADER)).unwrap();
    let mut functions = 0;
    for line in header.lines().filter(|line| !line.starts_with(' ')) {
        let Some((before, _)) = line.split_once('(') else { continue };
        let Some(name) = before.split([' ', '*']).next_back().filter(|name| name.starts_with("cognito_")) else {
            continue;
        };
        functions += 1;
        assert!(changelog.contains(&format!("`{name}`")), "CHANGELOG.md does not name {name}");
    }
    assert!(functions > 60, "only {functions} functions were found: the test reads the wrong thing");
}
