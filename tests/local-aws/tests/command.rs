//! The program itself: its ready line, its signals, its run mode.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::{LocalAws, PROGRAM, signal};

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

#[test]
fn sigterm_ends_it_with_0_and_removes_the_ca_file() {
    let mut aws = LocalAws::start(&["--bind", "127.0.0.1", "--bind", "::1"]);
    assert!(Path::new(aws.text("ca_file")).exists());
    std::net::TcpStream::connect(("::1", aws.port("iot_port"))).unwrap();
    aws.fault("iot.accept=stall");
    let _stalled = aws.tcp("iot_port");
    aws.wait("iot_accepted=1");
    assert_eq!(aws.ready.get("pid").unwrap().as_u64(), Some(u64::from(aws.child.id())));
    signal(aws.child.id(), "TERM");
    assert_eq!(aws.child.wait().unwrap().code(), Some(0));
    assert!(!Path::new(aws.text("ca_file")).exists());
}

#[test]
fn a_command_gets_environment_and_placeholders_and_gives_its_exit_code() {
    let script = "test \"$LOCAL_AWS_IOT_PORT\" = \"$1\" && test -s \"$LOCAL_AWS_CA_FILE\" && \
                  test \"$LOCAL_AWS_COGNITO_ENDPOINT\" = \"$2\" && exit 7";
    let output = run(&["run", "--tls", "1.3", "--", "sh", "-c", script, "sh", "{iot_port}", "{cognito_endpoint}"]);
    assert_eq!(output.status.code(), Some(7));
    assert!(output.stdout.is_empty());
    assert_eq!(run(&["run", "--", "sh", "-c", "kill -9 $$"]).status.code(), Some(137));
    assert_eq!(run(&["run", "--", "/does/not/exist"]).status.code(), Some(1));
}

#[test]
fn a_signal_is_forwarded_to_the_command() {
    // $PPID of the shell is local-aws.
    let script = "trap 'exit 9' TERM; kill -TERM $PPID; while :; do sleep 0.05; done";
    assert_eq!(run(&["run", "--", "sh", "-c", script]).status.code(), Some(9));
}

#[test]
fn wrong_options_are_exit_code_2_with_a_message() {
    for arguments in [&["--tls", "1.1"][..], &["--bogus"], &["run"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("local-aws: "));
    }
}

#[test]
fn it_ends_with_its_parent_when_asked_to() {
    let script = format!("{PROGRAM} --die-with-parent > $0 & while ! test -s $0; do sleep 0.02; done; cat $0");
    let file = std::env::temp_dir().join(format!("local-aws-test-{}", std::process::id()));
    let output = Command::new("sh").arg("-c").arg(script).arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    let ready: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let process = format!("/proc/{}", ready.get("pid").unwrap());
    let ca_file = ready.get("ca_file").unwrap().as_str().unwrap().to_owned();
    // It takes a moment, and nothing tells when it is over.
    for _ in 0..500 {
        if !Path::new(&ca_file).exists() && !Path::new(&process).exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(!Path::new(&ca_file).exists(), "it still runs");
}
