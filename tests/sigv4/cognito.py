"""A Cognito whose credentials are those of the cases: the last digits of an identity are the number of its case."""

import json
import socket
import ssl
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tls"))
from certificates import Maker  # noqa: E402

# Valid at every time that a case signs at: X.509 ends with 9999.
ALWAYS = ("19700101000000Z", "99991231235959Z")


def certificates(folder):
    """Makes ca.pem, and server.pem with server.key."""
    maker = Maker(folder)
    maker.lasting_root("ca", "/CN=ca", ALWAYS)
    maker.server("server", ["ca"], sends=[], dates=ALWAYS)


def identity(case):
    return f"us-east-1:00000000-0000-0000-0000-{case.number:012x}"


class Cognito:
    """Listens on `port`, and answers one connection after another."""

    def __init__(self, folder, cases):
        self.cases = {case.number: case for case in cases}
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.context.num_tickets = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection, _ = self.listener.accept()
            connection.settimeout(60)
            try:
                with self.context.wrap_socket(connection, server_side=True) as stream:
                    self._answer(stream)
            except (OSError, ValueError) as error:
                # The program that is tested says what came of it, and its line fails.
                print(f"Cognito: {error}", flush=True)

    def _answer(self, stream):
        said = b""
        while b"\r\n\r\n" not in said or not said.endswith(b"}"):
            more = stream.recv(65536)
            if not more:
                raise ValueError(f"half a request: {said!r}")
            said += more
        case = self.cases[int(json.loads(said.split(b"\r\n\r\n", 1)[1])["IdentityId"].rsplit("-", 1)[1], 16)]
        body = json.dumps({
            "IdentityId": identity(case),
            "Credentials": {"AccessKeyId": case.key, "SecretKey": case.secret, "SessionToken": case.token,
                            "Expiration": case.at + case.lifetime},
        }).encode()
        # Without a Date: the time is that of the device's clock.
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {len(body)}\r\n\r\n"
        stream.sendall(head.encode() + body)
        while stream.recv(4096):
            pass
