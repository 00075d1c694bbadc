"""Runs programs against local AWS on loopback."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BUILD = REPOSITORY / "build/release"
LOCAL_AWS = REPOSITORY / "target/local-aws/debug/local-aws"

# Filled in by local AWS.
SERVERS = ["--port", "{iot_port}", "--cognito_identity", "{identity}", "--ca_file", "{ca_file}"]
BY_NAME = ["--endpoint", "{host}", "--cognito_endpoint", "{cognito_endpoint}"] + SERVERS
BY_ADDRESS = ["--endpoint", "127.0.0.1", "--cognito_endpoint", "127.0.0.1:{cognito_port}", "--signing_region", "us-east-1",
              "--client_id", "test-1"] + SERVERS


def prepare(*built):
    """Builds local AWS, and ends this program unless cmake has built what it needs."""
    for path in built:
        if not path.exists():
            sys.exit(f"{path.relative_to(REPOSITORY)} is missing; build it: "
                     "cmake --preset release && cmake --build --preset release")
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--manifest-path", "tests/local-aws/Cargo.toml",
                    "--target-dir", "target/local-aws"], cwd=REPOSITORY, check=True)


def run(command, options=(), local_aws=(), within_s=120):
    """Runs a command to a good end; its stdout and stderr."""
    command = [str(word) for word in (*command, *options)]
    ran = subprocess.run([LOCAL_AWS, "run", *local_aws, "--", *command], stdin=subprocess.DEVNULL, capture_output=True,
                         text=True, timeout=within_s, check=False)
    if ran.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
    return ran.stdout, ran.stderr
