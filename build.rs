//! Writes down when the library is built: a device whose clock is earlier than that has the wrong time.
//! SOURCE_DATE_EPOCH (reproducible-builds.org) takes precedence.

use std::time::{SystemTime, UNIX_EPOCH};

fn main() {
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    for input in ["build.rs", "src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={input}");
    }
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let built_at = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds.parse().unwrap_or_else(|_| {
            println!("cargo:warning=SOURCE_DATE_EPOCH is not a number of seconds: {seconds}");
            now()
        }),
        Err(_) => now(),
    };
    println!("cargo:rustc-env=COGNITO_CONNECT_BUILT_AT_S={built_at}");
}
