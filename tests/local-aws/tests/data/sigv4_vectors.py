#!/usr/bin/env python3
"""Writes sigv4_vectors.json: presigned upgrades as botocore signs them.

    python3 -m venv venv && venv/bin/pip install botocore==1.44.5
    venv/bin/python sigv4_vectors.py > sigv4_vectors.json

botocore puts the session token into the signature; AWS IoT Core wants it behind the signature. The
vectors with "token": "outside" are signed without the token, which is appended.
"""

import datetime
import json
import urllib.parse

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ACCESS_KEY_ID = "ASIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2Vj+/" + "AbCd+/09" * 20 + "=="

CASES = [
    # name, region, service, host, expires, token, Unix time
    ("plain host", "us-east-1", "iotdevicegateway", "abc-ats.iot.us-east-1.amazonaws.com", 86400,
     "outside", 1440938160),
    ("host with port", "eu-central-1", "iotdevicegateway", "localhost:8443", 300, "outside", 1440938160),
    ("leap day", "us-east-1", "iotdevicegateway", "localhost:1", 1, "outside", 1709251199),
    ("IPv6 host", "us-west-2", "iotdevicegateway", "[::1]:8443", 604800, "outside", 1790000000),
    ("token inside", "us-east-1", "iotdevicegateway", "localhost:8443", 300, "inside", 1440938160),
    ("other service", "us-east-1", "iotdata", "localhost:8443", 300, "outside", 1440938160),
]


class Signer(botocore.auth.SigV4QueryAuth):
    def payload(self, request):
        return EMPTY_SHA256


def vector(name, region, service, host, expires, token, at):
    now = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda: now
    inside = TOKEN if token == "inside" else None
    request = AWSRequest("GET", f"https://{host}/mqtt", data="")
    credentials = Credentials(ACCESS_KEY_ID, SECRET_KEY, inside)
    Signer(credentials, service, region, expires=expires).add_auth(request)
    target = request.url.split(host, 1)[1]
    if inside is None:
        target += "&X-Amz-Security-Token=" + urllib.parse.quote(TOKEN, safe="")
    return {
        "name": name,
        "region": region,
        "service": service,
        "host": host,
        "expires_s": expires,
        "token": token,
        "signed_at": at,
        "target": target,
    }


print(json.dumps({
    "access_key_id": ACCESS_KEY_ID,
    "secret_key": SECRET_KEY,
    "session_token": TOKEN,
    "vectors": [vector(*case) for case in CASES],
}, indent=1))
