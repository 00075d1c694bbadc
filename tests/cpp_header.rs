//! `include/cognito_connect.hpp` and its parts, held against the C header: C++ can do whatever C can.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::path::{Path, PathBuf};

/// Functions of the C header that C++ takes as they are, and why.
const C_ONLY: [(&str, &str); 3] = [
    ("cognito_coremqtt_recv", "coreMQTT's TransportRecv_t, a plain function by type"),
    ("cognito_coremqtt_send", "coreMQTT's TransportSend_t"),
    ("cognito_coremqtt_writev", "coreMQTT's TransportWritev_t"),
];

fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// The header that applications include, and its parts.
fn cpp_headers() -> Vec<PathBuf> {
    let parts = std::fs::read_dir(include().join("cognito_connect")).unwrap().map(|entry| entry.unwrap().path());
    std::iter::once(include().join("cognito_connect.hpp")).chain(parts).collect()
}

fn without_comments(text: &str) -> String {
    let mut pieces = text.split("/*");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |code, piece| code + piece.split_once("*/").unwrap().1)
}

/// The functions that the C header declares.
fn c_functions() -> Vec<String> {
    let header = without_comments(&std::fs::read_to_string(include().join("cognito_connect.h")).unwrap());
    header
        .lines()
        .filter(|line| !line.starts_with([' ', '#']) && !line.starts_with("typedef"))
        .filter_map(|line| line.split_once('(')?.0.split([' ', '*']).next_back())
        .filter(|name| name.starts_with("cognito_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_c_function_has_its_place_in_cpp() {
    let code: String =
        cpp_headers().iter().map(|path| without_comments(&std::fs::read_to_string(path).unwrap())).collect();
    let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let functions = c_functions();
    assert!(functions.len() > 100, "only {} functions were found: the test reads the wrong thing", functions.len());
    for function in &functions {
        let is_c_only = C_ONLY.iter().any(|(name, _)| name == function);
        let is_called = words.contains(&function.as_str());
        assert!(is_called || is_c_only, "no part of cognito_connect.hpp calls {function}");
        assert!(!is_called || !is_c_only, "{function} is called by cognito_connect.hpp: take it from the list");
    }
    for (name, _) in C_ONLY {
        assert!(functions.iter().any(|function| function == name), "{name} is no function of cognito_connect.h");
    }
}

#[test]
fn a_part_has_at_most_400_lines() {
    let headers = cpp_headers();
    assert!(headers.len() > 5, "only {} headers were found: the test reads the wrong thing", headers.len());
    for path in headers {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines: split it by concept", path.display());
    }
}
