"""Servers that play a line of servers.tsv behind a recorder, which keeps every byte that a client sends."""

import socket
import subprocess
import threading
import time

PATIENCE_S = 60

# More than any alert that refuses a server takes, less than any request or token.
ALERT_BYTES = 64

HANDSHAKE, ALERT, CCS = 22, 21, 20


class Recorder:
    """Listens, and gives each connection to `serve`. Ends one that has said more than an alert behind its ClientHello."""

    def __init__(self, serve):
        self.connections, self.threads = [], []
        self.serve = serve
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.settimeout(PATIENCE_S)
            connection = Connection(client)
            self.connections.append(connection)
            self.threads.append(threading.Thread(target=self._run, args=(connection,), daemon=True))
            self.threads[-1].start()

    def _run(self, connection):
        try:
            self.serve(connection)
        except OSError:
            # The server has ended: what the client says all the same counts too.
            connection.await_end()
        finally:
            connection.client.close()

    def close(self):
        self.listener.close()

    def longest(self):
        """The most that a connection said behind its ClientHello, in bytes; -1 when none has said as much. All of them have ended."""
        for thread in self.threads:
            thread.join(PATIENCE_S)
        return max((connection.behind_hello() for connection in self.connections), default=-1)


class Connection:
    def __init__(self, client):
        self.client = client
        self.said = b""

    def receive(self):
        """The client's next bytes, or nothing at its end."""
        try:
            more = self.client.recv(65536)
        except ConnectionResetError:
            more = b""
        self.said += more
        return b"" if self.behind_hello() > ALERT_BYTES else more

    def behind_hello(self):
        """How many bytes came behind the ClientHello; -1 while that is not complete."""
        if len(self.said) < 5:
            return -1
        hello = 5 + int.from_bytes(self.said[3:5], "big")
        return -1 if len(self.said) < hello or self.said[0] != HANDSHAKE else len(self.said) - hello

    def await_hello(self):
        while self.behind_hello() < 0 and self.receive():
            pass

    def await_end(self):
        while self.receive():
            pass


def openssl(certificates, certificate, options):
    """`openssl s_server`, and a function that leads connections to it."""
    files = {"good": certificates.file("good"), "good_key": certificates.key("good")}
    file = certificates.file(certificate)
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", file, "-key", certificates.key(certificate),
               "-cert_chain", file, *[option.format(**files) for option in options]]
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    port, said = None, []
    for line in process.stdout:
        said.append(line.decode(errors="replace"))
        if line.startswith(b"ACCEPT"):
            port = int(line.rsplit(b":", 1)[1])
            break
    if port is None:
        raise RuntimeError(f"{' '.join(map(str, command))}:\n{''.join(said)}")
    threading.Thread(target=process.stdout.read, daemon=True).start()

    def serve(connection):
        with socket.create_connection(("127.0.0.1", port)) as server:
            threading.Thread(target=_copy, args=(server, connection.client), daemon=True).start()
            while more := connection.receive():
                server.sendall(more)
            server.shutdown(socket.SHUT_WR)

    return process, serve


def _copy(source, target):
    try:
        while more := source.recv(65536):
            target.sendall(more)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def played(name):
    """A function that plays a server which OpenSSL is not."""
    answers = {
        # What is from before TLS 1.3 knows no supported_versions, and answers with its own version.
        "old 3.1": server_hello(b"\x03\x01", b"\xc0\x13"),
        "old 3.2": server_hello(b"\x03\x02", b"\xc0\x13"),
        "close-notify": record(ALERT, b"\x01\x00"),
        "hello-and-close-notify": server_hello(b"\x03\x03", b"\xc0\x2b") + record(ALERT, b"\x01\x00"),
        "plain-http": b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<h1>400</h1>\r\n\r\n",
    }

    def serve(connection):
        connection.await_hello()
        connection.client.sendall(answers[name])
        # TCP stays open: the client has to end by itself.
        connection.await_end()

    return serve


def record(kind, content, version=b"\x03\x03"):
    return bytes([kind]) + version + len(content).to_bytes(2, "big") + content


def server_hello(version, suite):
    """RFC 5246, 7.4.1.3: no session, no compression, an empty renegotiation_info."""
    body = version + int(time.time()).to_bytes(4, "big") + bytes(range(28)) + b"\x00" + suite + b"\x00" + b"\x00\x05\xff\x01\x00\x01\x00"
    return record(HANDSHAKE, b"\x02" + len(body).to_bytes(3, "big") + body, version)
