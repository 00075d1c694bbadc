"""What a client sent during a connect, read from the packets that crossed the link. Pure.

A *flight* is what a client sends on one connection before it hears from the server again. A flight that leaves in
more segments than its bytes need was written in pieces.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

FULL_SEGMENT = 1448  # bytes: MTU 1500 less IPv4, TCP and the timestamp option
READING_S = 0.02  # what a client has said may be read later than its first packet is seen


class TcpPacket(NamedTuple):
    """One TCP packet, as the delay link writes it down; times in seconds of the monotonic clock."""
    direction: str  # "out" from the client, "in" to it
    arrived: float
    released: float
    source: str
    source_port: int
    destination: str
    destination_port: int
    sequence: int
    payload: int
    opens: bool  # SYN

    def connection(self):
        """(server address, server port, client port)"""
        if self.direction == "out":
            return self.destination, self.destination_port, self.source_port
        return self.source, self.source_port, self.destination_port


@dataclass
class Sent:
    """What a client sent with payload on one connection, or on several added up."""
    segments: int = 0
    fewest: int = 0
    repeated: int = 0
    bytes: int = 0
    flights: list = field(default_factory=list)  # bytes of each


def sent_between(packets, connecting_at, connected_at):
    """`Sent` for each connection that was opened among these packets after the client said that it connects, up to the
    packet that let it say it is connected.

    That packet is the last one with payload that the client could have read by then; what leaves after it (MQTT
    DISCONNECT) is no longer the connect.
    """
    packets = [TcpPacket(*packet) for packet in packets]
    opened = {packet.connection() for packet in packets
              if packet.direction == "out" and packet.opens and packet.arrived >= connecting_at - READING_S}
    packets = [packet for packet in packets if packet.connection() in opened]
    heard = [packet.released for packet in packets
             if packet.direction == "in" and packet.payload and packet.released <= connected_at]
    end = max(heard, default=connected_at)
    connections = {}
    for packet in packets:
        if packet.direction == "out" and packet.arrived <= end:
            connections.setdefault(packet.connection(), []).append(packet)
    return {connection: _sent(out, [packet.released for packet in packets
                                    if packet.direction == "in" and packet.payload
                                    and packet.connection() == connection])
            for connection, out in connections.items()}


def total(per_connection):
    """All connections added up."""
    whole = Sent()
    for sent in per_connection.values():
        whole.segments += sent.segments
        whole.fewest += sent.fewest
        whole.repeated += sent.repeated
        whole.bytes += sent.bytes
        whole.flights += sent.flights
    return whole


def _sent(packets, heard):
    sent, seen, flight_of = Sent(), set(), {}
    for packet in packets:
        if not packet.payload:
            continue
        if packet.sequence in seen:
            sent.repeated += 1
            continue
        seen.add(packet.sequence)
        sent.segments += 1
        sent.bytes += packet.payload
        before = sum(1 for released in heard if released < packet.arrived)
        flight_of[before] = flight_of.get(before, 0) + packet.payload
    sent.flights = list(flight_of.values())
    sent.fewest = sum(-(-size // FULL_SEGMENT) for size in sent.flights)
    return sent
