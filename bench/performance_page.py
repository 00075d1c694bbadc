"""docs/performance.md, from what the measurements have written. Pure."""

CRATES_SHOWN = 12
NAMES = {"ours": "Cognito Connect", "ours-again": "again, with credentials that are still good",
         "ours-pool": "with a pool, for the first time", "ours-kept": "with a pool, and the identity that was kept",
         "aws-sdk": "AWS IoT Device SDK for Python", "reference": "one step after the other"}

# What each system call of a connect is for. A connect to addresses, as bench/counts makes it.
PURPOSES = (
    ("starting and ending a program, its files and its memory",
     "access arch_prctl brk close execve exit_group fstat lseek madvise mmap mprotect munmap newfstatat openat pread64 prlimit64 "
     "read rseq sched_getaffinity set_robust_list set_tid_address statx sysinfo uname"),
    ("random numbers: TLS's keys and nonces, the WebSocket key and masks, the client id, hash tables", "getrandom"),
    ("two connections: sockets and their options", "socket setsockopt getsockopt getpeername getsockname connect bind shutdown fcntl"),
    ("what they carry", "sendmsg recvfrom recvmsg sendto"),
    ("waiting for them", "epoll_create1 epoll_ctl epoll_wait poll eventfd2 timerfd_create timerfd_settime"),
    ("waking and locks, and the lines of the program on stdout", "futex write"),
    ("signals, threads and the process", "rt_sigaction rt_sigprocmask getpid gettid clone3 prctl sigaltstack"),
)


def page(machine, counts, round_trips, many, sizes, throughput):
    """The page. Every argument but the first is the JSON of a measurement."""
    parts = [
        "# Performance",
        "",
        "<!-- Written by bench/performance; change that. -->",
        "",
        "What can be counted is counted, and CI holds it against `bench/budget.tsv`. Times are ratios to a peer in the same run. How",
        "everything is measured stands in `bench/README.md`.",
        "",
        *(f"- {line}" for line in machine),
        "",
        *_connect(round_trips, counts),
        *_cost(counts),
        *_sizes(sizes),
        *_many(many),
        *_throughput(throughput),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _connect(round_trips, counts):
    rows = [("TLS", "program", "round trips", f"ms at {round_trips['round_trip_ms'][0]} ms",
             f"ms at {round_trips['round_trip_ms'][1]} ms")]
    for result in round_trips["results"]:
        if result["tls"] == "-":
            continue
        rows.append((result["tls"], NAMES.get(result["program"], result["program"]),
                     f"{result['round_trips']['slope']:.2f}",
                     *(f"{_median([c['connect_ms'] for c in result['connects'] if c['round_trip_ms'] == delay]):.0f}"
                       for delay in round_trips["round_trip_ms"])))
    return ["## Connect", "",
            "From nothing to an open MQTT session, over a link that delays every packet, programs taking turns in one run:", "",
            *_table(rows), "",
            "![A connect over a link with 50 ms of round-trip time](connect.svg)", "",
            "Grey is waiting: ours for the credentials, AWS's SDK for an acknowledgement, because it leaves Nagle's algorithm on.",
            f"Each connect sends {counts['counts']['wire.sent-bytes']:,} bytes in {counts['counts']['wire.sends']} writes and "
            f"receives {counts['counts']['wire.received-bytes']:,}, TLS included.", ""]


def _cost(measured):
    counts, calls = measured["counts"], dict(measured["system_calls"])
    rows = [("of `cognito_connect`, from its first instruction to its last", "")]
    rows += [(name, f"{counts[key]:,.0f}") for name, key in (
        ("instructions, one CA", "instructions.one-ca"),
        ("instructions, the built-in Amazon roots and one CA", "instructions.amazon-roots"),
        ("instructions, the system's bundle and one CA", "instructions.system-bundle"),
        ("allocations", "heap.allocations"), ("bytes allocated", "heap.bytes"),
        ("peak of resident memory, KiB", "memory.peak-kib"),
        ("system calls, by address", "system-calls.by-address"), ("system calls, by name", "system-calls.by-name"),
        ("threads, by address", "threads.by-address"), ("threads, by name: getaddrinfo's, while it runs", "threads.by-name"))]
    lines = ["## What it costs", "", *_table(rows), "", "The system calls of a connect by address:", ""]
    grouped = [("for", "calls", "")]
    for purpose, names in PURPOSES:
        own = {name: calls.pop(name) for name in names.split() if name in calls}
        if own:
            grouped.append((purpose, str(sum(own.values())), ", ".join(f"{name} {count}" for name, count in own.items())))
    if calls:
        grouped.append(("other", str(sum(calls.values())), ", ".join(f"{name} {count}" for name, count in calls.items())))
    return [*lines, *_table(grouped), ""]


def _many(measured):
    each = measured["each"]
    rows = [(f"each of {each['clients']:,} clients of one provider, in one process with {each['threads']} thread", ""),
            ("heap, connected and idle", f"{each['heap_bytes'] / 1024:.1f} KiB"),
            ("anonymous memory", f"{each['anonymous_kib']:.1f} KiB"),
            ("descriptors", f"{each['descriptors']:.0f}"),
            ("descriptors, with one for an event loop", f"{each['descriptors_watched']:.0f}"),
            ("CPU to connect", f"{each['connect_cpu_ms']:.2f} ms"),
            ("CPU to publish with QoS 1, to its PUBACK", f"{each['publish_cpu_us']:.0f} us"),
            ("wake-ups of all while idle for 2 s", f"{each['idle_wake_ups']}")]
    return ["## Many clients", "", *_table(rows), "", f"All of them take {each['anonymous_kib_of_all'] / 1024:.1f} MiB of anonymous "
            "memory. Both grow with their number and no faster:", "", "![Memory and time by the number of clients](many-clients.svg)", ""]


def _sizes(measured):
    whole = measured["variants"][0]
    rows = [("without", "archive", "`cognito_connect`, stripped", "a program's sections are smaller by")]
    rows += [(", ".join(variant["without"]) or "nothing: the default", f"{variant['archive']:,}", f"{variant['program']:,}",
              f"{variant['saved']:,}") for variant in measured["variants"]]
    crates = list(measured["crates"].items())
    shown = [("crate", "bytes of code and data")] + [(name, f"{size:,}") for name, size in crates[:CRATES_SHOWN]]
    shown.append((f"{len(crates) - CRATES_SHOWN} more", f"{sum(size for _, size in crates[CRATES_SHOWN:]):,}"))
    return ["## Size", "", "In bytes, with unwinding, linked by `gcc --gc-sections`. Each feature is a switch of CMake "
            "(`-DCOGNITO_CONNECT_MQTT5=OFF`) and of cargo:", "", *_table(rows), "",
            f"Where the {whole['program']:,} bytes come from:", "", *_table(shown), ""]


def _throughput(runs):
    rows = [("QoS", "bytes", "Cognito Connect", "libmosquitto, TLS", "Paho C, WebSocket", "to libmosquitto", "to Paho")]
    for qos, size in dict.fromkeys((run["qos"], run["size"]) for run in runs):
        of = {name: [run for run in runs if (run["program"], run["qos"], run["size"]) == (name, qos, size)]
              for name in ("ours", "libmosquitto", "Paho")}
        rates = {name: _median([run["count"] / run["seconds"] for run in own]) for name, own in of.items()}
        ratios = [_median([other["seconds"] / ours["seconds"] for other, ours in zip(_by_round(of[name]), _by_round(of["ours"]))])
                  for name in ("libmosquitto", "Paho")]
        rows.append((str(qos), f"{size:,}", *(f"{rate:,.0f}" for rate in rates.values()), *(f"{ratio:.2f}" for ratio in ratios)))
    return ["## Throughput", "", "Messages a second that one client publishes to the same Mosquitto, all programs in turns. The ratios are "
            "the medians", "of those of each round: above 1, Cognito Connect is faster.", "", *_table(rows), ""]


def _by_round(runs):
    return sorted(runs, key=lambda run: run["round"])


def _table(rows):
    head, *body = rows
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in body]


def _median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
