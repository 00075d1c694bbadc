//! `docs/failures.md` is written from the table of statuses and from `tests/situations.tsv`, which
//! `tests/c/explains_failures.c` runs. `UPDATE_DOCS=1 cargo test --test docs` rewrites it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod c_sample;

use cognito_connect::Status;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

const DOCUMENT: &str = "docs/failures.md";

/// Statuses of a connect or session that no situation has, and why.
const WITHOUT_SITUATION: [(Status, &str); 13] = [
    (Status::CertificateInvalid, "local AWS has no certificate with a broken signature, and none that is revoked"),
    (Status::TlsFailed, "local AWS does not break TLS in the middle of a handshake"),
    (Status::TlsVersion, "local AWS speaks TLS 1.2 and 1.3; tests/tls has servers that do not"),
    (Status::TlsNoCommonSuite, "local AWS does every suite; tests/tls has servers that have none in common"),
    (Status::CertificateWeak, "local AWS has no weak certificate; tests/tls has"),
    (Status::QueueFull, "of a request, not of a connect"),
    (Status::Withdrawn, "of a request, not of a connect"),
    (Status::OutcomeUnknown, "of a request, not of a connect"),
    (Status::SubscribeRefused, "of a request, not of a connect"),
    (Status::PublishRefused, "of a request, not of a connect"),
    (Status::UnsubscribeRefused, "of a request, not of a connect"),
    (Status::DisconnectedByServer, "of an open session, not of a connect"),
    (Status::SigningFailed, "credentials that Cognito gave can always be signed with"),
];

const INTRODUCTION: &str = "\
<!-- Written from the table of statuses and tests/situations.tsv by `UPDATE_DOCS=1 cargo test --test docs`. -->

# Failures

Every call returns a status. What else is known of a failure is in a snapshot: that of a client by
`cognito_client_failure()`, of a transport by `cognito_transport_failure()`, and that of the last failing call of this thread,
whatever it was of, a fetch of credentials too, by `cognito_last_failure()`.
For a log line, `cognito_last_error()` is message and hint in one.

```c
#include <cognito_connect.h>
#include <stdio.h>

void explain(const cognito_client *client) {
    cognito_failure *failure = NULL;
    if (cognito_client_failure(client, &failure) != COGNITO_STATUS_OK)
        return;
    printf(\"%s in stage %s\\n\", cognito_status_name(cognito_failure_status(failure)),
           cognito_stage_name(cognito_failure_stage(failure)));
    printf(\"what happened: %s\\n\", cognito_failure_message(failure));
    printf(\"what to do:    %s\\n\", cognito_failure_hint(failure));
    printf(\"AWS said:      HTTP %d %s %s, request %s\\n\", (int)cognito_failure_http_status(failure),
           cognito_failure_aws_error_type(failure), cognito_failure_aws_message(failure),
           cognito_failure_aws_request_id(failure));
    cognito_failure_free(failure);
}
```

Programs act on the status; messages and hints are for people, and get better from version to version.
";

const SITUATIONS: &str = "
## Situations

What stops people on the way from an identity to a session, as it was tried against a local AWS, and what the library says.
IDENTITY, IDENTITY_POOL and CLIENT_ID stand for those of the device, N and TIME for any; the region is `us-east-1`.
";

/// A row of the table of situations, without what only the test needs.
struct Situation {
    heading: String,
    name: String,
    status: String,
    stage: String,
    http_status: String,
    reason_code: String,
    aws_error_type: String,
    aws_message: String,
    hint: String,
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

fn situations() -> Vec<Situation> {
    let mut heading = String::new();
    let mut rows = Vec::new();
    for line in read("tests/situations.tsv").lines() {
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut heading);
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let cells: Vec<String> = line.split('\t').map(|cell| if cell == "-" { "" } else { cell }.to_owned()).collect();
        let [name, _, _, status, stage, http_status, reason_code, aws_error_type, aws_message, hint, _] =
            <[String; 11]>::try_from(cells).unwrap_or_else(|_| panic!("not 11 cells: {line}"));
        let heading = heading.clone();
        rows.push(Situation {
            heading,
            name,
            status,
            stage,
            http_status,
            reason_code,
            aws_error_type,
            aws_message,
            hint,
        });
    }
    rows
}

fn name(status: Status) -> &'static str {
    status.c_name().to_str().unwrap()
}

fn generated() -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\n## Statuses\n\n| | status | what it means | what to do |\n|---|---|---|---|\n");
    for status in Status::all() {
        let meaning = markdown(status.description().to_str().unwrap());
        writeln!(text, "| {} | `{}` | {meaning} | {} |", status as i32, name(status), markdown(status.cure())).unwrap();
    }
    text.push_str(SITUATIONS);
    let mut heading = "";
    let situations = situations();
    for situation in &situations {
        if heading != situation.heading {
            heading = &situation.heading;
            write!(text, "\n### {heading}\n\n").unwrap();
            text.push_str("| what is wrong | status and stage | what the server says | hint |\n|---|---|---|---|\n");
        }
        let Situation { name, status, stage, hint, .. } = situation;
        let (name, hint, said) = (markdown(name), markdown(hint), markdown(&said(situation)));
        writeln!(text, "| {name} | `{status}`, {stage} | {said} | {hint} |").unwrap();
    }
    text
}

/// What came from the other side.
fn said(situation: &Situation) -> String {
    let mut parts = Vec::new();
    if situation.http_status != "0" {
        parts.push(format!("HTTP {}", situation.http_status));
    }
    if situation.reason_code != "-1" {
        parts.push(format!("CONNACK {}", situation.reason_code));
    }
    if !situation.aws_error_type.is_empty() {
        parts.push(situation.aws_error_type.clone());
    }
    if !situation.aws_message.is_empty() {
        parts.push(format!("\"{}\"", situation.aws_message));
    }
    parts.join(" ")
}

/// Text for a cell of a table: what Markdown would take for its own is escaped, but not the `commands` of hints, and
/// placeholders are readable.
fn markdown(text: &str) -> String {
    const PLACEHOLDERS: [(&str, &str); 9] = [
        ("{identity}", "IDENTITY"),
        ("{identity_pool}", "IDENTITY_POOL"),
        ("{given_identity}", "IDENTITY"),
        ("{login_identity}", "IDENTITY"),
        ("{client_id}", "CLIENT_ID"),
        ("{iot}", "ENDPOINT"),
        ("{cognito}", "COGNITO_ENDPOINT"),
        ("{number}", "N"),
        ("{time}", "TIME"),
    ];
    let mut text = text.to_owned();
    for (placeholder, readable) in PLACEHOLDERS {
        text = text.replace(placeholder, readable);
    }
    let mut escaped = String::new();
    let mut in_command = false;
    for letter in text.chars() {
        in_command ^= letter == '`';
        if letter == '|' || (!in_command && matches!(letter, '\\' | '*' | '<' | '[' | ']')) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let generated = generated();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT), &generated).unwrap();
    }
    assert!(
        read(DOCUMENT) == generated,
        "{DOCUMENT} is not what the tables say; run `UPDATE_DOCS=1 cargo test --test docs` and commit it"
    );
}

#[test]
fn every_status_of_the_header_is_documented_with_a_cure() {
    let in_header: BTreeMap<i32, String> = read("include/cognito_connect.h")
        .lines()
        .filter_map(|line| {
            let (name, number) = line.trim().strip_suffix(',')?.split_once(" = ")?;
            name.starts_with("COGNITO_STATUS_").then(|| (number.parse().unwrap(), name.to_owned()))
        })
        .collect();
    let in_table: BTreeMap<i32, String> =
        Status::all().map(|status| (status as i32, name(status).to_owned())).collect();
    assert_eq!(in_header, in_table);
    for status in Status::all() {
        assert!(!status.description().is_empty(), "{status:?} has no description");
        assert_eq!(status.cure().is_empty(), status == Status::Ok, "{status:?}: {}", status.cure());
    }
}

#[test]
fn every_status_of_a_connect_or_session_has_a_situation_or_a_reason_to_have_none() {
    let situations = situations();
    assert!(situations.len() >= 45, "{} situations", situations.len());
    for situation in &situations {
        assert!(
            Status::all().any(|status| name(status) == situation.status),
            "{}: there is no {}",
            situation.name,
            situation.status
        );
    }
    for status in Status::all().filter(|status| *status as i32 <= Status::DnsFailed as i32) {
        let has_one = situations.iter().any(|situation| situation.status == name(status));
        let reason = WITHOUT_SITUATION.iter().find(|(without, _)| *without == status).map(|(_, reason)| *reason);
        assert!(has_one != reason.is_some(), "{status:?}: {has_one}, {reason:?}");
    }
}

#[test]
fn no_two_situations_are_the_same() {
    let mut seen = BTreeSet::new();
    for situation in situations() {
        assert!(seen.insert(situation.name.clone()), "{} is there twice", situation.name);
    }
}

#[test]
fn the_c_sample_compiles_without_a_warning() {
    c_sample::compiles_without_a_warning(INTRODUCTION);
}
