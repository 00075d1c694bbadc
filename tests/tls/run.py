#!/usr/bin/env python3
"""Every server of servers.tsv is refused by its own name, before the client has said anything but its ClientHello and an alert.

    local-aws run -- tests/tls/run.py build/release/tests/c/refuses_bad_servers [ROW]

Local AWS is the Cognito of those that are played as IoT Core. The last line is `N of M`, in rows.
"""

import os
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

import servers
from certificates import Certificates

TABLE = Path(__file__).resolve().parent / "servers.tsv"
Line = namedtuple("Line", "row certificate server trust host status says hint")
SIDES = ("cognito", "iot")
# Not for the waiting: every answer comes at once. Under an emulator times are longer.
TIMEOUT_MS = 30_000 * int(os.environ.get("COGNITO_TEST_SLOWDOWN", "1"))


def main():
    program, chosen = sys.argv[1], sys.argv[2:]
    lines = [Line(*text.split("\t")) for text in TABLE.read_text().splitlines() if text and text[0] != "#"]
    rows = {line.row: True for line in lines if not chosen or line.row in chosen}
    with tempfile.TemporaryDirectory() as folder:
        certificates = Certificates(folder)
        sound = all([takes_a_good_one(certificates, program, side) for side in SIDES])
        for line in lines:
            if line.row in rows:
                for side in SIDES:
                    rows[line.row] &= is_refused(certificates, program, side, line)
    print(f"{sum(rows.values()) if sound else 0} of {len(rows)}")
    return 0 if sound and rows and all(rows.values()) else 1


def takes_a_good_one(certificates, program, side):
    """That a good server is spoken to shows that the others are refused for what is wrong with them, and that the recorder sees it."""
    said, longest = connect(certificates, program, side, Line("", "good", "openssl", "root", "localhost", "", "", ""))
    # The recorder has ended it then; OpenSSL may have said so by an alert before.
    sound = said["stage"] in ("Cognito", "upgrade") and longest > servers.ALERT_BYTES
    print(f"a good server as {side}: {'taken' if sound else 'NOT TAKEN'}, {longest} bytes behind the ClientHello: {said}")
    return sound


def is_refused(certificates, program, side, line):
    said, longest = connect(certificates, program, side, line)
    problems = [
        f"{what} is {said[what]!r} and has not {expected!r}"
        for what, expected in (("message", line.says), ("hint", line.hint))
        if expected not in said[what]
    ]
    if said["status"] != f"COGNITO_STATUS_{line.status}" or said["stage"] != "TLS":
        problems.append(f"status {said['status']} in stage {said['stage']}")
    if said["ms"] >= TIMEOUT_MS:
        problems.append(f"it took {said['ms']} ms")
    if not 0 <= longest <= servers.ALERT_BYTES:
        problems.append(f"the client said {longest} bytes behind its ClientHello")
    print(f"{line.row} ({line.certificate}, {line.server}) as {side}: {'refused' if not problems else 'FAILED'} in {said['ms']} ms, "
          f"{longest} bytes\n    {said['message']}\n    -> {said['hint']}")
    for problem in problems:
        print(f"    {problem}")
    return not problems


def connect(certificates, program, side, line):
    """What the client says of one connect, and how much it said behind its ClientHello."""
    name, *options = line.server.split()
    process = None
    if name == "openssl":
        process, serve = servers.openssl(certificates, line.certificate, options)
    else:
        serve = servers.played(line.server)
    recorder = servers.Recorder(serve)
    trust = "amazon" if line.trust == "amazon" else str(certificates.file(line.trust))
    try:
        done = subprocess.run([program, side, line.host, str(recorder.port), trust, str(TIMEOUT_MS)], text=True,
                              stdout=subprocess.PIPE, timeout=4 * TIMEOUT_MS / 1000)
    finally:
        recorder.close()
        if process:
            process.kill()
            process.wait()
    if done.returncode != 0:
        raise RuntimeError(f"{program} ended with {done.returncode}:\n{done.stdout}")
    fields = dict(text.split("\t", 1) for text in done.stdout.splitlines() if "\t" in text)
    return {**fields, "ms": int(fields["ms"])}, recorder.longest()


if __name__ == "__main__":
    sys.exit(main())
