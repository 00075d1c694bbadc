//! The code of `docs/use-it-with.md` is that of the examples, between `/* docs: NAME */` and `/* docs: end */`.
//! `UPDATE_DOCS=1 cargo test --test use_it_with` rewrites it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::path::{Path, PathBuf};

const DOCUMENT: &str = "docs/use-it-with.md";

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The part of an example that has this name.
fn part(file: &str, name: &str) -> String {
    let source = std::fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let begin = format!("/* docs: {name} */\n");
    let (_, rest) = source.split_once(&begin).unwrap_or_else(|| panic!("{file} has no part '{name}'"));
    rest.split_once("/* docs: end */").unwrap_or_else(|| panic!("{file}: '{name}' has no end")).0.to_owned()
}

/// The document with the code that the examples have now, and how many pieces of it.
fn written(document: &str) -> (String, usize) {
    let (mut out, mut pieces) = (String::new(), 0);
    let mut rest = document;
    while let Some((before, after)) = rest.split_once("<!-- c-examples/") {
        let (source, after) = after.split_once(" -->\n```c\n").unwrap();
        let (file, name) = source.split_once(": ").unwrap();
        let (_, after) = after.split_once("```\n").unwrap();
        let code = part(&format!("c-examples/{file}"), name);
        out.push_str(&format!("{before}<!-- c-examples/{source} -->\n```c\n{code}```\n"));
        (rest, pieces) = (after, pieces + 1);
    }
    out.push_str(rest);
    (out, pieces)
}

#[test]
fn the_code_of_the_page_is_that_of_the_examples() {
    let committed = std::fs::read_to_string(path(DOCUMENT)).unwrap();
    let (written, pieces) = written(&committed);
    assert!(pieces >= 3, "{pieces}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path(DOCUMENT), &written).unwrap();
    }
    let now = std::fs::read_to_string(path(DOCUMENT)).unwrap();
    assert!(
        now == written,
        "{DOCUMENT} is not what the examples say; run `UPDATE_DOCS=1 cargo test --test use_it_with` and commit it"
    );
}

#[test]
fn what_the_page_names_is_in_the_header() {
    let page = std::fs::read_to_string(path(DOCUMENT)).unwrap();
    let header = std::fs::read_to_string(path("include/cognito_connect.h")).unwrap();
    let mut names = 0;
    for name in page.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        let is_ours = name.starts_with("cognito_") || name.starts_with("COGNITO_");
        let is_a_program = ["cognito_connect", "cognito_credentials", "cognito_bridge"].contains(&name);
        if is_ours && !is_a_program && !name.ends_with('_') {
            names += 1;
            assert!(header.contains(name), "{DOCUMENT} names {name}, which the header does not have");
        }
    }
    assert!(names > 20, "{names}");
}
