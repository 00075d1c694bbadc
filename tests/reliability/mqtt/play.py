"""Plays one sequence: the server's side of it, on a socket that local AWS reaches as its broker, and the client in a process."""

import os
import select
import socket
import subprocess
import time
from dataclasses import dataclass, field

SECONDS = 20
CONNECT, PUBACK, DISCONNECT = 1, 4, 14
# The last message of each sequence. Who acknowledges it has a session that goes on.
LAST_ID = 65535


class Ended(Exception):
    """The client has ended the connection."""


class Wrong(Exception):
    """What came is not what has to come."""


@dataclass
class Outcome:
    told: list = field(default_factory=list)  # what the client said: "refused STATUS", "ended STATUS"
    words: list = field(default_factory=list)  # its own words for each
    is_connected: bool = False
    wrong: str = ""  # what no sequence may come to: a hang, a death, an answer that is none


class Players:
    """Local AWS with this process as its broker, and the client under it. Both are started again when the client dies."""

    def __init__(self, local_aws, player):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(SECONDS)
        broker = "{}:{}".format(*self.listener.getsockname())
        self.command = [local_aws, "run", "--broker", broker, "--raw-broker", "--client-id-policy", "fuzzish", "--die-with-parent", "--",
                        player]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.heard = b""
        # Local AWS looks first whether there is a broker.
        with self.accept() as probe:
            probe.settimeout(SECONDS)
            packet(probe)
            probe.sendall(b"\x20\x02\x00\x00")
            packet(probe)

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait(SECONDS)
            self.process = None

    def say(self, line):
        try:
            self.process.stdin.write(f"{line}\n".encode())
        except BrokenPipeError:
            pass

    def accept(self):
        """The connection of the client, if it lives."""
        ready = select.select([self.listener, self.process.stdout], [], [], SECONDS)[0]
        if self.listener not in ready:
            raise Wrong(f"the client does not connect: {self.line() if ready else 'it says nothing'}")
        return self.listener.accept()[0]

    def line(self):
        """The next line of the client; "" when it has died."""
        deadline = time.monotonic() + SECONDS
        while b"\n" not in self.heard:
            left = max(0, deadline - time.monotonic())
            if not select.select([self.process.stdout], [], [], left)[0]:
                raise Wrong("the client hangs: it says nothing")
            more = os.read(self.process.stdout.fileno(), 4096)
            if not more:
                return ""
            self.heard += more
        line, _, self.heard = self.heard.partition(b"\n")
        return line.decode(errors="replace")

    def play(self, sequence):
        """What came of it."""
        outcome = Outcome()
        try:
            if self.process is None:
                self.start()
            self.say(f"{sequence.version} {sequence.command}")
            if sequence.version >= 4:
                with self.accept() as connection:
                    self.serve(connection, sequence, outcome)
                    self.hear(outcome)
            else:
                self.hear(outcome)
        except Wrong as error:
            outcome.wrong = str(error)
        except TimeoutError:
            outcome.wrong = "the client hangs: no answer came, nor the end of the connection"
        if outcome.wrong:
            self.kill()
        return outcome

    def serve(self, connection, sequence, outcome):
        connection.settimeout(SECONDS)
        server = Server(connection, sequence)
        try:
            server.greet()
            if not self.refuses(sequence, outcome):
                for expected in sequence.asked_for:
                    server.expect(expected)
            for way, packet_ in sequence.messages:
                server.send(packet_) if way == "send" else server.expect(packet_)
            server.finish()
            outcome.is_connected = True
        except Ended:
            # It tells why before it hears of anything else.
            self.hear(outcome, until="ended")
        self.say("stop")

    def refuses(self, sequence, outcome):
        """Whether the client itself has to refuse the command, which it tells then."""
        if sequence.command != "publish-2":
            return False
        self.hear(outcome, until="refused")
        return True

    def hear(self, outcome, until="over"):
        while (line := self.line()) != "":
            what, _, rest = line.partition(" ")
            if what != "over":
                status, _, words = rest.partition(" ")
                outcome.told.append(f"{what} {status}")
                outcome.words.append(words)
            if what == until:
                return
            if what == "over":
                raise Wrong(f"the client is over without having {until}")
        raise Wrong(f"the client has died, with exit code {self.process.wait(SECONDS)}")

    def kill(self):
        # The client under it sees the end of its stdin.
        self.process.terminate()
        self.stop()


class Server:
    """A server that says what the sequence wants."""

    def __init__(self, connection, sequence):
        self.connection = connection
        self.sequence = sequence
        self.is_5 = sequence.version == 5

    def greet(self):
        if self.sequence.reads_connect:
            connect = packet(self.connection)
            is_good = connect[:1] + connect[2:9] == b"\x10\x00\x04MQTT\x05" if self.is_5 else connect == CONNECT_4
            if not is_good:
                raise Wrong(f"another CONNECT than that of the suite: {connect.hex(' ')}")
        if self.sequence.sends_connack:
            self.send(CONNACK_5 if self.is_5 else CONNACK_4)

    def send(self, bytes_):
        try:
            self.connection.sendall(bytes_)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Ended from error

    def expect(self, expected):
        """MQTT 3.1.1 leaves no choice. With MQTT 5 the client chooses properties, and whether it says DISCONNECT before it ends a
        connection (section 4.13.1: it should), which shows at the end."""
        if self.is_5 and kind(expected) == DISCONNECT:
            return
        came = self.packet()
        same = came == expected
        if self.is_5:
            same = kind(came) == kind(expected) and packet_id(came) == packet_id(expected)
        if not same:
            raise Wrong(f"{came.hex(' ')} and not {expected.hex(' ')}")

    def packet(self):
        came = packet(self.connection)
        if self.is_5 and kind(came) == DISCONNECT:
            raise Wrong(f"{packet(self.connection).hex(' ')} behind its DISCONNECT")
        return came

    def finish(self):
        """Whether the session goes on: a message of QoS 1 is acknowledged."""
        topic, payload = b"alive check", b"payload"
        head = len(topic).to_bytes(2, "big") + topic + LAST_ID.to_bytes(2, "big") + (b"\x00" if self.is_5 else b"")
        self.send(bytes([0x32, len(head + payload)]) + head + payload)
        came = self.packet()
        if not self.sequence.reads_connect and kind(came) == CONNECT:
            came = self.packet()
        if self.is_5 and kind(came) == PUBACK and packet_id(came) != LAST_ID.to_bytes(2, "big"):
            # The suite waits for DISCONNECT in place of this one.
            came = self.packet()
        if came != bytes([PUBACK << 4, 2]) + LAST_ID.to_bytes(2, "big"):
            raise Wrong(f"{came.hex(' ')} and not the PUBACK of the last message")


CONNECT_4 = b"\x10\x13\x00\x04MQTT\x04\x02\x00\x3c\x00\x07fuzzish"
CONNACK_4 = b"\x20\x02\x00\x00"
# Receive Maximum 20, as the suite's.
CONNACK_5 = b"\x20\x06\x00\x00\x03\x21\x00\x14"


def kind(packet_):
    return packet_[0] >> 4


def packet_id(packet_):
    """Of PUBLISH and what is numbered at its begin; all of them are short."""
    body = packet_[2:]
    if kind(packet_) == 3:
        body = body[2 + int.from_bytes(body[:2], "big"):]
    return body[:2]


def packet(connection):
    """The next whole packet."""
    head = exactly(connection, 2)
    length, shift = head[1] & 0x7F, 7
    while head[-1] & 0x80:
        head += exactly(connection, 1)
        length |= (head[-1] & 0x7F) << shift
        shift += 7
    return head + exactly(connection, length)


def exactly(connection, length):
    bytes_ = b""
    while len(bytes_) < length:
        try:
            more = connection.recv(length - len(bytes_))
        except ConnectionResetError as error:
            raise Ended from error
        if not more:
            raise Ended
        bytes_ += more
    return bytes_
