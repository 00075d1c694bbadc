"""WebSocket upgrades with URLs that botocore presigned, sent by Python's own TLS, byte by byte as written here."""

import base64
import datetime
import email.utils
import hashlib
import http.client
import json
import os
import socket
import ssl
import unittest
from unittest import mock
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import local_aws
from cognito_by_botocore import cognito

EXPIRES_S = 300
WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def presign(credentials, service="iotdevicegateway", region=local_aws.REGION, token="appended", minutes=0,
            expires=EXPIRES_S):
    """The path and query of a presigned URL; `token` is "appended" after the signature, "signed" into it or None."""
    known = Credentials(credentials["AccessKeyId"], credentials["SecretKey"],
                        credentials["SessionToken"] if token == "signed" else None)
    request = AWSRequest("GET", f"https://{local_aws.HOST}/mqtt")
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment.replace(tzinfo=None)):
        SigV4QueryAuth(known, service, region, expires=expires).add_auth(request)
    url = urlsplit(request.url)
    query = url.query
    if token == "appended":
        query += "&X-Amz-Security-Token=" + quote(credentials["SessionToken"], safe="")
    return f"{url.path}?{query}"


def upgrade(target, alpn=None, host=None):
    """Sends the upgrade; the answer, read to its end, and the key that was sent."""
    trust = ssl.create_default_context(cafile=local_aws.CA_FILE)
    if alpn:
        trust.set_alpn_protocols([alpn])
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection((local_aws.HOST, local_aws.IOT_PORT), local_aws.PATIENCE_S) as plain, \
            trust.wrap_socket(plain, server_hostname=local_aws.HOST) as stream:
        stream.sendall((f"GET {target} HTTP/1.1\r\nHost: {host or local_aws.HOST}\r\nConnection: Upgrade\r\n"
                        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n"
                        f"Sec-WebSocket-Key: {key}\r\n\r\n").encode())
        answer = http.client.HTTPResponse(stream, method="GET")
        answer.begin()
        body = b"" if answer.status == 101 else answer.read()
        return answer, body, key


class Upgrade(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        local_aws.reset()
        client = cognito()
        cls.credentials = client.get_credentials_for_identity(IdentityId=local_aws.IDENTITY)["Credentials"]
        client.close()

    def test_the_token_appended_after_the_signature_is_accepted(self):
        answer, _, key = upgrade(presign(self.credentials))
        self.assertEqual(answer.status, 101)
        self.assertEqual(answer.getheader("Upgrade").lower(), "websocket")
        self.assertEqual(answer.getheader("Sec-WebSocket-Protocol"), "mqtt")
        expected = base64.b64encode(hashlib.sha1((key + WEBSOCKET_GUID).encode()).digest()).decode()
        self.assertEqual(answer.getheader("Sec-WebSocket-Accept"), expected)

    def test_http_1_1_offered_in_alpn_as_by_the_aws_sdk_is_accepted(self):
        answer, _, _ = upgrade(presign(self.credentials), alpn="http/1.1")
        self.assertEqual(answer.status, 101)

    def test_four_minutes_off_are_accepted(self):
        for minutes in (-4, 4):
            with self.subTest(minutes=minutes):
                answer, _, _ = upgrade(presign(self.credentials, minutes=minutes))
                self.assertEqual(answer.status, 101)

    def test_each_mistake_is_refused_with_the_words_of_aws(self):
        credentials, good = self.credentials, presign(self.credentials)
        invalid_token = "security token included in the request is invalid"
        mismatch = "signature we calculated does not match the signature you provided"
        for mistake, target, words in (
            ("token signed", presign(credentials, token="signed"), "X-Amz-Security-Token must not be part of the sign"),
            ("no token", presign(credentials, token=None), invalid_token),
            ("wrong token", presign(changed(credentials, "SessionToken")), invalid_token),
            ("unknown key", presign(changed(credentials, "AccessKeyId")), invalid_token),
            ("another secret", presign(changed(credentials, "SecretKey")), mismatch),
            ("changed signature", change_signature(good), mismatch),
            ("another service", presign(credentials, service="iotdata"), "scoped to correct service: "),
            ("another region", presign(credentials, region="eu-west-1"), "scoped to a valid region"),
            ("ten minutes late", presign(credentials, minutes=-10), "Signature expired"),
            ("ten minutes early", presign(credentials, minutes=10), "Signature not yet current"),
            ("past its X-Amz-Expires", presign(credentials, minutes=-2, expires=60), "Signature expired"),
            ("not signed at all", "/mqtt", "Missing Authentication Token"),
        ):
            with self.subTest(mistake):
                self.assert_refused(words, target)

    def test_a_host_header_other_than_the_signed_one_is_refused(self):
        self.assert_refused("signature we calculated does not match", presign(self.credentials),
                            host=f"{local_aws.HOST}:443")

    def assert_refused(self, words, target, host=None):
        answer, body, _ = upgrade(target, host=host)
        self.assertEqual(answer.status, 403, body)
        self.assertIn("ForbiddenException", answer.getheader("x-amzn-ErrorType", ""))
        self.assertTrue(answer.getheader("x-amzn-RequestId"))
        self.assertIsNotNone(email.utils.parsedate_to_datetime(answer.getheader("Date")))
        content = json.loads(body)
        self.assertTrue(content["traceId"])
        self.assertIn(words, content["message"])


def changed(credentials, name):
    """The same credentials with one part that looks right and is not."""
    value = credentials[name]
    return dict(credentials, **{name: value[:-1] + ("A" if value[-1] != "A" else "B")})


def change_signature(target):
    """The same URL with the last hexadecimal digit of the signature replaced."""
    before, after = target.split("&X-Amz-Signature=")
    signature, rest = after[:64], after[64:]
    return f"{before}&X-Amz-Signature={signature[:-1]}{'1' if signature[-1] == '0' else '0'}{rest}"
