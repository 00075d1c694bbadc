//! The C sample of the README compiles without a warning.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod c_sample;

use std::path::Path;

#[test]
fn the_c_sample_of_the_readme_compiles_without_a_warning() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    c_sample::compiles_without_a_warning(&readme);
}
