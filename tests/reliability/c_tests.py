"""The tests that ctest knows of a build, to be run in other ways than ctest does."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor


# Labels of tests that measure time or memory, which is another where they run in another way, beside others.
MEASURING = {"timing", "limits"}


class Test:
    """One of them: its name, the words of its command, its labels and what it wants in the environment."""

    def __init__(self, described):
        self.name = described["name"]
        self.command = described.get("command", [])
        self.properties = {it["name"]: it["value"] for it in described.get("properties", [])}
        self.labels = set(self.properties.get("LABELS", []))
        self.environment = dict(pair.split("=", 1) for pair in self.properties.get("ENVIRONMENT", []))
        self.problem = None

    def run(self, command, environment, output, limit_s):
        """Runs a command in place of its own, and gives the exit code; None when it takes longer. What it prints goes to `output`."""
        with output.open("wb") as out:
            try:
                return subprocess.run(command, cwd=self.properties.get("WORKING_DIRECTORY"), env={**os.environ, **environment},
                                      stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=limit_s).returncode
            except subprocess.TimeoutExpired:
                return None


def read(build):
    shown = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"], check=True, stdout=subprocess.PIPE)
    return [Test(described) for described in json.loads(shown.stdout)["tests"]]


def each(act, tests):
    """What `act` gives for each, in order; as many run at once as there are processors."""
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as threads:
        yield from threads.map(act, tests)
