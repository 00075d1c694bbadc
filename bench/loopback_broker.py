"""Debian's Mosquitto on loopback with a certificate of a CA that is made for it, for the measurements of throughput."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

READY_WITHIN_S = 20
EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def fail(why):
    sys.exit(f"bench/{Path(sys.argv[0]).name}: {why}")


def program(name):
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if not found:
        fail(f"needs the program {name}")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificates(folder):
    """ca.pem, and certificate.pem with key.pem for localhost."""
    subprocess.run([program("openssl"), "req", "-x509", *EC_KEY, "-days", "30", "-subj", "/CN=bench CA",
                    "-keyout", folder / "ca.key", "-out", folder / "ca.pem"], check=True, capture_output=True)
    subprocess.run([program("openssl"), "req", *EC_KEY, "-subj", "/CN=localhost",
                    "-keyout", folder / "key.pem", "-out", folder / "request.pem"], check=True, capture_output=True)
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", encoding="ascii")
    subprocess.run([program("openssl"), "x509", "-req", "-days", "30", "-in", folder / "request.pem",
                    "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial",
                    "-extfile", folder / "names", "-out", folder / "certificate.pem"], check=True, capture_output=True)


def tls(folder):
    """The lines of a listener that has the certificate."""
    return [f"certfile {folder}/certificate.pem", f"keyfile {folder}/key.pem"]


def start_mosquitto(stack, folder, *listeners):
    """Starts the broker; each listener is the lines of its own. Gives its process, and the ports in the same order."""
    ports = [free_port() for _ in listeners]
    # As root it would become a user who cannot read the folder.
    lines = [f"user {getpass.getuser()}", "allow_anonymous true", "persistence false", "max_queued_messages 0",
             "log_type error"]
    for port, listener in zip(ports, listeners):
        lines += [f"listener {port} 127.0.0.1", *listener]
    (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n", encoding="ascii")
    broker = subprocess.Popen([program("mosquitto"), "-c", folder / "mosquitto.conf"])
    stack.callback(end, broker)
    until = time.monotonic() + READY_WITHIN_S
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if broker.poll() is not None or time.monotonic() > until:
                    fail("mosquitto does not listen")
                time.sleep(0.05)
    return broker, ports


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
