#!/usr/bin/env python3
"""Random presigned URLs of the library are those of botocore byte for byte, and have the parameters of AWS's common runtime.

    tests/sigv4/run [--count N] [--seed N]

Every case has credentials of its own, which a Cognito of this test gives the library, and an endpoint, port, region and time. The seed
is another one each time, and printed. The last lines are `N of M` and `N passed, N failed`.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from multiprocessing import Pool
from pathlib import Path

import cases as made
import cognito
import oracles

PROGRAM = Path(__file__).resolve().parent.parent.parent / "build/release/tests/c/signs_many_urls"
# The clock of the program runs on from the time of a case.
TIME_TO_SIGN_S = 120
SHOWN, LONGEST = 5, 8000


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=10000, metavar="N")
    options.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(63), metavar="N")
    options = options.parse_args()
    print(f"--seed {options.seed}; against {' and '.join(oracles.ORACLES)}", flush=True)
    cases = made.cases(options.seed, options.count)
    workers = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        cognito.certificates(Path(folder))
        with Pool(workers) as pool:
            parts = pool.starmap(signed_in_vain, [(Path(folder), cases[part::workers]) for part in range(workers)])
    problems = [problem for part in parts for problem in part]
    for problem in problems[:SHOWN]:
        print(problem[:LONGEST])
    good = len(cases) - len(problems)
    print(f"with --seed {options.seed}")
    print(f"{good} of {len(cases)}\n{good} passed, {len(problems)} failed")
    return 0 if cases and not problems else 1


def signed_in_vain(folder, cases):
    """What is wrong, for each of some cases with which something is."""
    server = cognito.Cognito(folder, cases)
    lines = "".join("\t".join((cognito.identity(case), str(case.at), case.host, str(case.port), case.region, str(case.host_header))) + "\n"
                    for case in cases)
    program = subprocess.Popen([PROGRAM, f"localhost:{server.port}", folder / "ca.pem"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    output, _ = program.communicate(lines.encode())
    answers = output.decode(errors="replace").splitlines()
    answers += [f"nothing: the program ended with {program.returncode}: {answers[-1:]}"] * len(cases)
    problems = [(case, problem(case, answer)) for case, answer in zip(cases, answers)]
    return [f"{case}\n    {what}" for case, what in problems if what]


def problem(case, answer):
    """What is wrong with an answer of the program, or nothing."""
    url, *rest = answer.split("\t")
    at = signing_time(url)
    if at is None or len(rest) != 2:
        return f"answered {answer}"
    if not 0 <= at - case.at <= TIME_TO_SIGN_S:
        return f"signed at {at}, {at - case.at} s late"
    host = f"[{case.host}]" if ":" in case.host else case.host
    host_header = host if case.port == 443 and case.host_header == made.STANDARD else f"{host}:{case.port}"
    expected = [("Host header", rest[0], host_header),
                ("end", int(rest[1]), min(at + oracles.EXPIRES_S, case.at + case.lifetime))]
    expected.append(("URL without its query", url.split("?")[0], f"wss://{host_header}/mqtt"))
    path = url.removeprefix(f"wss://{host_header}")
    for name, (oracle, form) in oracles.ORACLES.items():
        expected.append((name, form(path), form(oracle(case, host_header, at))))
    return "\n    ".join(f"{name}: {ours!r}\n    and not {theirs!r}" for name, ours, theirs in expected if ours != theirs)


def signing_time(url):
    found = re.search(r"&X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z&", url)
    if not found:
        return None
    return int((oracles.datetime.datetime(*map(int, found.groups()), tzinfo=oracles.datetime.timezone.utc) - oracles.EPOCH).total_seconds())


if __name__ == "__main__":
    sys.exit(main())
