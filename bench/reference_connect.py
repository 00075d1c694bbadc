"""The way from a Cognito identity to an MQTT session in plain Python, one step after the other, as a known quantity:

    Cognito: TCP 1, TLS 1 (2 with TLS 1.2), request 1;  IoT: TCP 1, TLS 1 (2), upgrade 1, CONNECT 1

makes 7 round trips with TLS 1.3 and 9 with TLS 1.2. A harness that finds another number is wrong.

    reference_connect.py --endpoint HOST --signing_region REGION --cognito_identity ID --ca_file FILE
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import json
import os
import socket
import ssl
from urllib.parse import quote

PATIENCE_S = 15
WITHIN_SECONDS = 300


def main():
    options = _options()
    trust = ssl.create_default_context(cafile=options.ca_file)
    print(f"Connecting to {options.endpoint}", flush=True)
    credentials = fetch_credentials(options, trust)
    with open_websocket(options, trust, credentials) as stream:
        connect_mqtt(stream)
        print("Connected!", flush=True)
        print("Disconnecting...", flush=True)
        stream.sendall(frame(b"\xe0\x00"))
    print("Disconnected!", flush=True)


def fetch_credentials(options, trust):
    host = f"cognito-identity.{options.signing_region}.amazonaws.com"
    body = json.dumps({"IdentityId": options.cognito_identity}).encode()
    head = (f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-amz-json-1.1\r\n"
            "X-Amz-Target: AWSCognitoIdentityService.GetCredentialsForIdentity\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode()
    with dial(host, 443, trust) as stream:
        stream.sendall(head + body)
        reply = stream.makefile("rb")
        status, headers = read_head(reply)
        content = reply.read(int(headers["content-length"])) if "content-length" in headers else reply.read()
    if status != 200:
        raise SystemExit(f"Cognito answered {status}: {content.decode(errors='replace')}")
    return json.loads(content)["Credentials"]


def open_websocket(options, trust, credentials):
    path = presigned_path(options.endpoint, options.signing_region, credentials)
    key = base64.b64encode(os.urandom(16)).decode()
    stream = dial(options.endpoint, options.port, trust)
    stream.sendall((f"GET {path} HTTP/1.1\r\nHost: {options.endpoint}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: {key}\r\n\r\n"
                    ).encode())
    status, _ = read_head(stream.makefile("rb", buffering=0))
    if status != 101:
        raise SystemExit(f"the upgrade was answered with {status}")
    return stream


def connect_mqtt(stream):
    client = f"reference-{os.getpid()}".encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x1e" + len(client).to_bytes(2, "big") + client
    stream.sendall(frame(b"\x10" + bytes([len(body)]) + body))
    reply = stream.makefile("rb", buffering=0)
    answer = read_exactly(reply, 6)
    if answer != b"\x82\x04\x20\x02\x00\x00":
        raise SystemExit(f"not a CONNACK that accepts: {answer.hex()}")


def presigned_path(host, region, credentials):
    """AWS Signature Version 4 in the query; the session token is appended after the signature, unsigned."""
    now = datetime.datetime.now(datetime.timezone.utc)
    time, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    scope = f"{day}/{region}/iotdevicegateway/aws4_request"
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in (
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", f"{credentials['AccessKeyId']}/{scope}"),
        ("X-Amz-Date", time), ("X-Amz-Expires", str(WITHIN_SECONDS)), ("X-Amz-SignedHeaders", "host")))
    empty = hashlib.sha256(b"").hexdigest()
    request = f"GET\n/mqtt\n{query}\nhost:{host}\n\nhost\n{empty}"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = b"AWS4" + credentials["SecretKey"].encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    token = quote(credentials["SessionToken"], safe="")
    return f"/mqtt?{query}&X-Amz-Signature={signature}&X-Amz-Security-Token={token}"


def dial(host, port, trust):
    plain = socket.create_connection((host, port), PATIENCE_S)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return trust.wrap_socket(plain, server_hostname=host)


def read_head(reply):
    """(status, headers) of an HTTP answer. Reads one byte at a time from an unbuffered reply: what follows stays."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += read_exactly(reply, 1)
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines if line)
    return int(first.split()[1]), {name.lower(): value.strip() for name, value in pairs}


def read_exactly(reply, count):
    data = b""
    while len(data) < count:
        more = reply.read(count - len(data))
        if not more:
            raise SystemExit("the server closed the connection")
        data += more
    return data


def frame(packet):
    """One short binary WebSocket frame, masked with zeros."""
    assert len(packet) < 126
    return bytes([0x82, 0x80 | len(packet)]) + bytes(4) + packet


def _options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--signing_region", required=True)
    parser.add_argument("--cognito_identity", required=True)
    parser.add_argument("--ca_file", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
