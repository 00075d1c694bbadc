#!/usr/bin/env python3
"""Writes presign.tsv: presigned URLs for AWS IoT Core by botocore, the oracle of src/signing.rs.

    pip install botocore==1.44.5 && python3 tests/vectors/presign.py > tests/vectors/presign.tsv
"""

import datetime
import random
import string
import sys
import urllib.parse

import botocore
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

HOSTS = [
    "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com",
    "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com:443",
    "a1b2c3d4e5f6g7.ats.iot.cn-northwest-1.amazonaws.com.cn",
    "localhost:8443",
    "[::1]:8443",
    "127.0.0.1",
]
REGIONS = ["us-east-1", "eu-central-1", "cn-northwest-1", "us-gov-west-1", "ap-southeast-2"]
# 1970, a leap day, the last second of a year, after 2038, today.
TIMES = [1, 1709164800, 1735689599, 2147483649, 1795417173]
TOKEN_BYTES = string.ascii_letters + string.digits + "+/="


def presign(host, region, when, key, secret, token):
    """Signs without the token and appends it, as AWS IoT Core wants it."""
    now = datetime.datetime.fromtimestamp(when, datetime.timezone.utc)

    class At(SigV4QueryAuth):
        def add_auth(self, request):
            request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
            self._modify_request_before_signing(request)
            canonical = self.canonical_request(request)
            self._inject_signature_to_request(
                request, self.signature(self.string_to_sign(request, canonical), request)
            )

    request = AWSRequest("GET", f"https://{host}/mqtt", headers={"host": host})
    At(Credentials(key, secret), "iotdevicegateway", region, expires=300).add_auth(request)
    quoted = urllib.parse.quote(token, safe="-_.~")
    parts = urllib.parse.urlsplit(request.url)
    return f"{parts.path}?{parts.query}&X-Amz-Security-Token={quoted}"


def main():
    generator = random.Random(20261123)
    print(f"# botocore {botocore.__version__}: host, region, Unix time, key, secret, token, path and query")
    for number in range(60):
        host, region, when = HOSTS[number % len(HOSTS)], REGIONS[number % len(REGIONS)], TIMES[number % len(TIMES)]
        key = "ASIA" + "".join(generator.choices(string.ascii_uppercase + string.digits, k=16))
        secret = "".join(generator.choices(TOKEN_BYTES, k=40))
        length = generator.choice([1, 100, 1200, 4096])
        token = "".join(generator.choices(TOKEN_BYTES + ("-_.~ %&?#:@!$'()*,;" if number % 3 == 0 else ""), k=length))
        token = token.strip() or "x"
        print(*[host, region, when, key, secret, token, presign(host, region, when, key, secret, token)], sep="\t")
    # Every printable byte that has to be encoded, bytes outside of ASCII, a token of 16 KiB; at the start and the end of a leap
    # day, in 2001, and in the last second that four digits of a year can hold.
    special = [byte for byte in map(chr, range(0x21, 0x7f)) if not byte.isalnum()]
    tokens = [f"a{byte}b{byte}{byte}c" for byte in special] + ["h\u00e9\u00df\u4e16\U0001f511", "".join(
        generator.choices(TOKEN_BYTES, k=16384))]
    times = [951782400, 951868799, 1000000000, 253402300799]
    for number, token in enumerate(tokens):
        host, region, when = HOSTS[number % len(HOSTS)], REGIONS[number % len(REGIONS)], times[number % len(times)]
        key, secret = "ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        print(*[host, region, when, key, secret, token, presign(host, region, when, key, secret, token)], sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())
