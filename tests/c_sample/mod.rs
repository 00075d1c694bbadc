//! C samples in documents, for the tests of those documents.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Fails unless the first C sample of a document compiles without a warning.
pub fn compiles_without_a_warning(document: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sample = document.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut compiler = Command::new("cc")
        .args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsyntax-only", "-x", "c"])
        .arg("-I")
        .arg(root.join("include"))
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    compiler.stdin.take().unwrap().write_all(sample.as_bytes()).unwrap();
    let output = compiler.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
