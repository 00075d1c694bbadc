"""A link that delays: joins two private networks by a pair of TUN interfaces and holds every packet for half of the
round-trip time in each direction.

Packets keep their order and none is lost. The forwarder is a process of its own with nothing else to do; it also
writes down each TCP packet, so that a measurement can say what a client sent.

The forwarder's side of the control socket reads and writes one line of JSON per request:
    {"round_trip_ms": 50}   as soon as nothing is under way: a packet never waits behind one with a longer delay
    {"take": true}          the TCP packets and the lateness of all packets since the last time
"""

import gc
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from typing import NamedTuple

MTU = 1500
ICMP_ECHO = 8
SYN = 2
QUIET_S = 0.005
ANSWER_WITHIN_S = 10
WAKE_EARLY_S = 0.0004  # a sleeping core needs up to this long to wake; the rest is spent looking at the clock


class DelayLink:
    """Both ends of the link, seen from the process that measures."""

    def __init__(self, near, far, near_address, far_address):
        self.near, self.far_address = near, far_address.split("/")[0]
        self._process = None
        self._control, theirs = socket.socketpair()
        self._control.settimeout(ANSWER_WITHIN_S)
        self._answers = self._control.makefile("r", encoding="ascii")
        ends = [_end(near, near_address), _end(far, far_address)]
        descriptors = ends + [theirs.fileno()]
        self._process = near.start(
            [sys.executable, os.path.abspath(__file__)] + [str(number) for number in descriptors],
            pass_fds=descriptors, stdin=subprocess.DEVNULL)
        for end in ends:
            os.close(end)
        theirs.close()

    def set_round_trip(self, milliseconds):
        self._ask({"round_trip_ms": milliseconds})

    def take(self):
        """(TCP packets, lateness in seconds of every packet) since the last time; see `TcpPacket` in segments.py."""
        answer = self._ask({"take": True})
        return answer["packets"], answer["late_s"]

    def probe(self, count):
        """Round-trip times in seconds of `count` pings, one after the other; the far kernel answers them."""
        with self.near.inside(), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as ping:
            ping.settimeout(5)
            return [_ping(ping, self.far_address, number) for number in range(count)]

    def close(self):
        if self._process:
            self._process.kill()
            self._process.wait(10)
            self._process = None
        self._control.close()

    def _ask(self, request):
        self._control.sendall(json.dumps(request).encode() + b"\n")
        line = self._answers.readline()
        if not line:
            raise RuntimeError("the forwarder of the delay link ended early")
        return json.loads(line)


def _end(network, address):
    descriptor = network.open_tun("delay0")
    network.ip("link", "set", "lo", "up")
    network.ip("address", "add", address, "dev", "delay0")
    network.ip("link", "set", "delay0", "mtu", str(MTU), "up")
    # The same congestion control everywhere, and no memory of an earlier connection: every connect is a cold one.
    network.set("ipv4/tcp_congestion_control", "reno")
    network.set("ipv4/tcp_no_metrics_save", "1")
    return descriptor


def _ping(ping, address, number):
    identifier = os.getpid() & 0xFFFF
    content = struct.pack("!HH", identifier, number) + bytes(48)
    sent = time.monotonic()
    ping.sendto(struct.pack("!BBH", ICMP_ECHO, 0, _checksum(struct.pack("!BBH", ICMP_ECHO, 0, 0) + content)) + content,
                (address, 0))
    while True:
        packet, _ = ping.recvfrom(2048)
        received = time.monotonic()
        header = (packet[0] & 15) * 4
        if packet[header] == 0 and packet[header + 4:header + 8] == content[:4]:
            return received - sent


def _checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


# The forwarder, in its own process.

class Forwarder:
    """Holds packets, oldest first, and lets each go when its time has come."""

    def __init__(self, near, far, control):
        self._ways = {near: ("out", far), far: ("in", near)}
        self._control = control
        self._requests = control.makefile("r", encoding="ascii")
        self._held = deque()  # One for both directions: the delay is the same.
        self._delay, self._next_delay = 0.0, None
        self._packets, self._late_s = [], []

    def run(self):
        """Until the other side of the control socket is closed."""
        while True:
            readable, _, _ = select.select([*self._ways, self._control], [], [], self._wait())
            for source in self._ways:
                if source in readable:
                    self._receive(source)
            self._release()
            if self._control in readable:
                line = self._requests.readline()
                if not line:
                    return
                self._obey(json.loads(line))
            elif not readable and not self._held and self._next_delay is not None:
                self._delay, self._next_delay = self._next_delay, None
                self._answer({})

    def _wait(self):
        if self._held:
            return max(0.0, self._held[0].due - time.monotonic() - WAKE_EARLY_S)
        return None if self._next_delay is None else QUIET_S

    def _receive(self, source):
        while True:
            try:
                packet = os.read(source, MTU + 100)
            except BlockingIOError:
                return
            arrived = time.monotonic()
            self._held.append(Held(arrived, arrived + self._delay, *self._ways[source], packet))

    def _release(self):
        while self._held and self._held[0].due <= time.monotonic():
            held = self._held.popleft()
            os.write(held.sink, held.packet)
            released = time.monotonic()
            self._late_s.append(released - held.due)
            if held.packet[0] >> 4 == 4 and held.packet[9] == socket.IPPROTO_TCP:
                self._packets.append([held.direction, held.arrived, released, *_tcp_fields(held.packet)])

    def _obey(self, request):
        if "round_trip_ms" in request:
            self._next_delay = request["round_trip_ms"] / 2000
        else:
            self._answer({"packets": self._packets, "late_s": self._late_s})
            self._packets, self._late_s = [], []

    def _answer(self, content):
        self._control.sendall(json.dumps(content).encode() + b"\n")


class Held(NamedTuple):
    arrived: float
    due: float
    direction: str
    sink: int
    packet: bytes


def _tcp_fields(packet):
    """(source address, source port, destination address, destination port, sequence number, payload length, opens)"""
    total, = struct.unpack_from("!H", packet, 2)
    header = (packet[0] & 15) * 4
    source_port, destination_port, sequence = struct.unpack_from("!HHL", packet, header)
    payload = total - header - (packet[header + 12] >> 4) * 4
    opens = packet[header + 13] & SYN != 0
    return (socket.inet_ntoa(packet[12:16]), source_port, socket.inet_ntoa(packet[16:20]), destination_port,
            sequence, payload, opens)


def _be_punctual():
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        pass  # Later by some tens of microseconds on a busy machine; the probes show it.


if __name__ == "__main__":
    _be_punctual()
    Forwarder(int(sys.argv[1]), int(sys.argv[2]), socket.socket(fileno=int(sys.argv[3]))).run()
