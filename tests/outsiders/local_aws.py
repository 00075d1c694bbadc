"""What `local-aws run` tells its command, and its control port."""

import http.client
import json
import os

PATIENCE_S = 15

HOST = os.environ["LOCAL_AWS_HOST"]
REGION = os.environ["LOCAL_AWS_REGION"]
IOT_PORT = int(os.environ["LOCAL_AWS_IOT_PORT"])
CA_FILE = os.environ["LOCAL_AWS_CA_FILE"]
IDENTITY = os.environ["LOCAL_AWS_IDENTITY"]
IDENTITY_POOL = os.environ["LOCAL_AWS_IDENTITY_POOL"]
COGNITO_HOST = f"cognito-identity.{REGION}.amazonaws.com"
_CONTROL_PORT = int(os.environ["LOCAL_AWS_CONTROL_PORT"])


def reset():
    """No fault is on, all counters are zero."""
    _control("POST", "/reset")


def set_fault(name, value):
    _control("POST", f"/faults?{name}={value}")


def counters():
    return json.loads(_control("GET", "/counters"))


def events(name):
    """The events of this name, oldest first."""
    return [event for event in json.loads(_control("GET", "/events")) if event["event"] == name]


def _control(method, path):
    connection = http.client.HTTPConnection("127.0.0.1", _CONTROL_PORT, timeout=PATIENCE_S)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status not in (200, 204):
        raise AssertionError(f"{method} {path} on the control port: {answer.status} {body!r}")
    return body
