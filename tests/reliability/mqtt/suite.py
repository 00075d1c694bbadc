"""The sequences as mosquitto's own runner, test/lib/msg_sequence_test.py, reads them, and the exceptions to them."""

import json
import re
import sys
from dataclasses import dataclass, field

KNOWN_OF_GROUP = {"group", "comment", "ver", "tests", "connect", "connack", "expect_disconnect", "command", "group_msgs"}
KNOWN_OF_TEST = {"name", "comment", "ver", "msgs", "connect", "connack", "expect_disconnect"}


@dataclass
class Sequence:
    name: str
    version: int  # 3 is MQTT 3.1, 4 is 3.1.1
    command: str
    reads_connect: bool
    sends_connack: bool
    must_end: bool
    asked_for: list  # what the command sends
    messages: list = field(default_factory=list)  # ("send" or "recv", bytes)


def read(folder):
    sequences = []
    for file in sorted(folder.glob("*.json")):
        for group in json.loads(file.read_text()):
            check(file, group, KNOWN_OF_GROUP)
            for test in group["tests"]:
                check(file, test, KNOWN_OF_TEST)
                of = {**group, **test}
                sequences.append(Sequence(
                    # As people write them: the names are padded for a table.
                    name=" ".join(f"{group['group']} {test['name']}".split()),
                    version=of.get("ver", 4),
                    command=of.get("command", "-"),
                    reads_connect=of.get("connect", True),
                    sends_connack=of.get("connack", True),
                    must_end=of.get("expect_disconnect", True),
                    asked_for=[packet for _, packet in messages(group.get("group_msgs", []))],
                    messages=messages(test["msgs"])))
    return sequences


def check(file, entry, known):
    if set(entry) - known:
        sys.exit(f"{file.name}: {entry.get('name') or entry.get('group')}: what this runner does not know: {set(entry) - known}")


def messages(listed):
    for message in listed:
        if message["type"] not in ("send", "recv"):
            sys.exit(f"a message of the type {message['type']}, which this runner does not know")
    return [(message["type"], packet(message["payload"])) for message in listed]


def packet(text):
    """Bytes from words: hexadecimal ones, 'text', i8 H16 L32 (k, m, s are 16 bits too), and r or v as MQTT's lengths."""
    out = b""
    for word in re.findall(r"'[^']*'|\S+", text):
        kind, rest = word[0], word[1:]
        if kind == "'":
            out += rest[:-1].encode()
        elif kind in "iHkmsL":
            out += int(rest).to_bytes({"i": 1, "L": 4}.get(kind, 2), "big")
        elif kind in "rv":
            out += variable_byte_integer(int(rest))
        else:
            out += bytes.fromhex(word)
    return out


def variable_byte_integer(value):
    """Of any size: some are meant to be too long."""
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


@dataclass
class Deviation:
    pattern: str
    outcomes: list  # "WHAT STATUS"
    reason: str
    is_used: bool = False

    def is_of_version(self, is_5):
        return self.pattern.startswith("v5.0 ") == is_5

    def is_of(self, sequence):
        words = map(re.escape, self.pattern.split("*"))
        return re.fullmatch(".*".join(words), sequence.name) is not None


def exceptions(file):
    found = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 3 or not all(cells):
            sys.exit(f"{file.name}:{number}: has {len(cells)} cells; a line has 3: sequences, outcome, reason")
        found.append(Deviation(cells[0], cells[1].split(", "), cells[2]))
    return found
