#!/usr/bin/env python3
"""The WebSocket of the library in front of the Autobahn test suite: groups 1 to 7 and 10. Argument: the folder of its environment.

Passed is what the suite calls OK, NON-STRICT (against no MUST) and INFORMATIONAL. The last lines are `N of M` and `N passed, N failed`.
"""

import collections
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "tls"))
from certificates import EC, Maker  # noqa: E402

GROUPS = ("1", "2", "3", "4", "5", "6", "7", "10")
CASES = 247
AGENT = "cognito_connect"
PASSED = ("OK", "NON-STRICT", "INFORMATIONAL")
PATIENCE_S = 120
# All cases take 20 s on an idle machine.
TIME_S = 1800


def main():
    environment = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        maker = Maker(folder)
        maker.root("ca", "/CN=ca", EC)
        maker.server("server", ["ca"], sends=[])
        port = free_port()
        server = start(environment, folder, port)
        try:
            echoed = subprocess.run(
                ["cargo", "test", "--locked", "--lib", "--", "--exact", "transport::autobahn::every_message_is_echoed"],
                cwd=ROOT, stdin=subprocess.DEVNULL, env={**os.environ, "COGNITO_AUTOBAHN": f"{port} {folder / 'ca.pem'} {CASES}"},
                timeout=TIME_S).returncode
        finally:
            server.terminate()
            server.wait()
        report = folder / "report/index.json"
        results = json.loads(report.read_text())[AGENT] if report.exists() else {}
    good = [case for case, result in results.items() if result["behavior"] in PASSED and result["behaviorClose"] in PASSED]
    for case, result in sorted(results.items()):
        if case not in good or result["behavior"] == "NON-STRICT":
            print(f"{case}: {result['behavior']}, at the end {result['behaviorClose']}")
    kinds = collections.Counter(result["behavior"] for result in results.values())
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    print(f"{len(good)} of {CASES}\n{len(good)} passed, {CASES - len(good)} failed")
    return 0 if echoed == 0 and len(good) == len(results) == CASES else 1


def start(environment, folder, port):
    specification = folder / "specification.json"
    specification.write_text(json.dumps({
        "url": f"wss://localhost:{port}", "protocols": ["mqtt"], "key": str(folder / "server.key"), "cert": str(folder / "server.pem"),
        "outdir": str(folder / "report"), "cases": [f"{group}.*" for group in GROUPS], "exclude-cases": [], "exclude-agent-cases": {}}))
    libraries = (environment / "libraries.txt").read_text().strip()
    server = subprocess.Popen(
        [environment / "python/usr/bin/python2.7", "-B", HERE / "server.py", environment / "site", specification], cwd=folder,
        stdin=subprocess.DEVNULL, stdout=(folder / "log").open("w"), stderr=subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": libraries})
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.1)
    server.kill()
    sys.exit(f"the suite does not listen:\n{(folder / 'log').read_text()}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
