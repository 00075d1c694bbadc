"""What a program asked of the kernel, read from what `strace -f -o FILE` wrote. Pure."""

import re
from collections import Counter
from dataclasses import dataclass, field

CALL = re.compile(r"^(?P<thread>\d+) +(?P<name>\w+)\((?P<arguments>.*)(?P<end>\) += (?P<result>-?\w+).*|<unfinished \.\.\.>)$")
RESUMED = re.compile(r"^(?P<thread>\d+) +<\.\.\. (?P<name>\w+) resumed>.*\) += (?P<result>-?\w+)")
SENDS = {"sendmsg", "sendto", "write", "writev"}
RECEIVES = {"recvmsg", "recvfrom", "read", "readv"}
BEGINS_THREAD = {"clone", "clone3"}


@dataclass
class Asked:
    """Calls by name, threads begun, and what crossed TCP sockets."""
    calls: Counter = field(default_factory=Counter)
    threads: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    sends: int = 0  # that sent something by TCP

    def total(self):
        return sum(self.calls.values())


def asked(lines):
    asked, sockets, unfinished = Asked(), set(), {}
    for line in lines:
        call = CALL.match(line)
        resumed = RESUMED.match(line)
        if call:
            name, arguments = call["name"], call["arguments"]
            asked.calls[name] += 1
            if call["result"] is None:
                unfinished[call["thread"]] = arguments
                continue
            result = call["result"]
        elif resumed:
            name, result = resumed["name"], resumed["result"]
            arguments = unfinished.pop(resumed["thread"], "")
        else:
            continue  # Signals, ends of threads.
        _take(asked, sockets, name, arguments, result)
    return asked


def _take(asked, sockets, name, arguments, result):
    if not result.isdigit():
        return  # It failed.
    result = int(result)
    asked.threads += name in BEGINS_THREAD
    if name == "socket" and "SOCK_STREAM" in arguments and arguments.startswith("AF_INET"):
        sockets.add(result)
        return
    first = arguments.split(",", 1)[0]
    descriptor = int(first) if first.isdigit() else -1
    if name == "close":
        sockets.discard(descriptor)
    elif descriptor in sockets and name in SENDS:
        asked.sent_bytes += result
        asked.sends += result > 0
    elif descriptor in sockets and name in RECEIVES:
        asked.received_bytes += result
