//! The layers of `src/`, held against its `crate::` paths: any arrow that is not in the table fails.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What each module may use. `status`, `error` and `log` serve all but `sys`.
const ARROWS: [(&str, &[&str]); 24] = [
    (
        "ffi",
        &[
            "client",
            "stream",
            "fetching",
            "credentials",
            "signing",
            "execution",
            "config",
            "names",
            "trace",
            "features",
            "callback",
            "planted",
            "sys",
        ],
    ),
    (
        "client",
        &["dial", "execution", "credentials", "transport", "mqtt", "config", "trace", "callback", "boxed", "sys"],
    ),
    ("stream", &["dial", "execution", "credentials", "transport", "config", "trace", "boxed", "sys"]),
    ("fetching", &["execution", "credentials", "signing", "transport", "config", "trace", "boxed"]),
    ("dial", &["credentials", "signing", "transport", "config", "clock", "trace", "boxed", "sys"]),
    ("execution", &["boxed", "sys"]),
    ("credentials", &["transport", "config", "clock", "names", "boxed", "sys"]),
    ("signing", &["credentials", "names"]),
    ("transport", &["config", "clock", "names", "trace", "features", "boxed", "sys"]),
    ("mqtt", &[]),
    ("config", &["names", "mqtt"]),
    ("clock", &["config", "sys"]),
    ("trace", &[]),
    // In no product.
    ("fuzzing", &["mqtt", "transport", "credentials", "config", "clock", "names", "trace"]),
    ("features", &[]),
    ("names", &[]),
    ("boxed", &[]),
    ("callback", &[]),
    ("log", &["callback", "sys"]),
    ("error", &[]),
    ("status", &[]),
    ("planted", &[]),
    ("sys", &[]),
    ("lib", &["planted"]),
];

const FOR_ALL: [&str; 3] = ["status", "error", "log"];

fn sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&root).unwrap().to_owned();
                let module = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
                found.push((module, path));
            }
        }
    }
    found
}

/// The modules that a file names after `crate::`, outside of its comments and its unit tests.
fn used(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|path| path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

#[test]
fn every_arrow_between_modules_is_one_of_the_table() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let mut arrows = 0;
    for (module, path) in sources() {
        let may = allowed.get(module.as_str()).unwrap_or_else(|| panic!("{module} is missing from the table"));
        for target in used(&std::fs::read_to_string(&path).unwrap()) {
            arrows += 1;
            let common = module != "sys" && FOR_ALL.contains(&target.as_str());
            assert!(
                common || target == module || may.contains(&target.as_str()),
                "{}: {module} may not use {target}",
                path.display()
            );
        }
    }
    assert!(arrows > 100, "only {arrows} arrows were found: the test reads the wrong thing");
}

#[test]
fn unsafe_code_is_allowed_at_the_c_border_and_for_system_calls_only() {
    let allowing: Vec<String> = sources()
        .into_iter()
        .filter(|(_, path)| std::fs::read_to_string(path).unwrap().contains("allow(unsafe_code"))
        .map(|(module, path)| format!("{module}/{}", path.file_name().unwrap().to_str().unwrap()))
        .collect();
    let mut sorted = allowing.clone();
    sorted.sort();
    assert_eq!(sorted, ["ffi/mod.rs", "sys/mod.rs"]);
}

#[test]
fn a_file_has_at_most_400_lines() {
    for (_, path) in sources() {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines: split it by concept", path.display());
    }
}
