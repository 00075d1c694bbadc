#!/usr/bin/env python3
"""Writes sigv4-suite.tsv: what AWS's published SigV4 test suite expects of presigned queries.

    git clone https://github.com/awslabs/aws-c-auth
    python3 tests/vectors/sigv4_suite.py aws-c-auth/tests/aws-signing-test-suite/v4 > tests/vectors/sigv4-suite.tsv

Taken are the cases whose request is GET with no header but Host and a path and query of ASCII in canonical form. Headers,
bodies, paths to be normalised and bytes outside of ASCII do not occur in the one request that is signed here.
"""

import json
import pathlib
import re
import sys


def main(suite):
    print("# Case, host, path and query, region, service, expires in seconds, time, key, secret, token, signature")
    for folder in sorted(pathlib.Path(suite).iterdir()):
        request = re.fullmatch(r"GET (/[!-~]*) HTTP/1\.1\nHost:([^\n]+)\s*", (folder / "request.txt").read_text("utf-8"))
        if not request or re.search(r"/\.|//", request[1]):
            continue
        context = json.loads((folder / "context.json").read_text("utf-8"))
        keys = context["credentials"]
        signature = (folder / "query-signature.txt").read_text("ascii").strip()
        print(folder.name, request[2], request[1], context["region"], context["service"],
              context["expiration_in_seconds"], context["timestamp"], keys["access_key_id"], keys["secret_access_key"],
              keys.get("token", ""), signature, sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
