"""From single connects to the table. Pure."""

from dataclasses import dataclass, field
from statistics import median


@dataclass
class Connect:
    """One connect of one program."""
    round_trip_ms: int
    connect_ms: float  # from the line "Connecting to" to the line "Connected!"
    process_ms: float  # from the start of the process to the line "Connected!"
    segments: int      # sent with payload
    fewest: int        # that the same flights need
    repeated: int      # sent again
    flights: list      # bytes of each


@dataclass
class Result:
    """All connects of one program with one TLS version, in the order in which they were made."""
    tls: str
    program: str
    connects: list = field(default_factory=list)

    def times(self, round_trip_ms, clock="connect_ms"):
        return [getattr(connect, clock) for connect in self.connects if connect.round_trip_ms == round_trip_ms]

    def round_trips(self, delays, clock="connect_ms"):
        """(slope between the medians, smallest and largest slope of one round)"""
        low, high = (self.times(delay, clock) for delay in delays)
        span = delays[1] - delays[0]
        rounds = [(after - before) / span for before, after in zip(low, high)]
        return (median(high) - median(low)) / span, min(rounds), max(rounds)

    def round_trips_of_fastest(self, delays):
        """The slope between the fastest connects: other work on the machine only ever makes one slower."""
        low, high = (min(self.times(delay)) for delay in delays)
        return (high - low) / (delays[1] - delays[0])

    def median_of(self, name):
        return median(getattr(connect, name) for connect in self.connects)


def table(results, delays):
    rows = [("TLS", "program", f"ms at {delays[0]} ms", f"ms at {delays[1]} ms", "round trips",
             "segments", "fewest")]
    rows += [(result.tls, result.program, *(_spread(result.times(delay), 0) for delay in delays),
              "{:.2f} ({:.2f} to {:.2f})".format(*result.round_trips(delays)),
              _whole(result.median_of("segments")), _whole(result.median_of("fewest"))) for result in results]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def as_json(results, delays, pings, late_s):
    return {
        "round_trip_ms": list(delays),
        "link": {"ping_ms": {str(delay): _extremes([ping * 1000 for ping in pings[delay]]) for delay in delays},
                 "late_ms": _extremes([late * 1000 for late in late_s])},
        "results": [{
            "tls": result.tls,
            "program": result.program,
            "round_trips": dict(zip(("slope", "min", "max"), result.round_trips(delays))),
            "round_trips_from_process_start": dict(zip(("slope", "min", "max"),
                                                       result.round_trips(delays, "process_ms"))),
            "connects": [vars(connect) for connect in result.connects],
        } for result in results],
    }


def link_lines(delays, pings, late_s):
    lines = [f"link at {delay} ms: pings take {_spread([ping * 1000 for ping in pings[delay]], 2)} ms, "
             f"{len(pings[delay])} of them" for delay in delays]
    slope = (median(pings[delays[1]]) - median(pings[delays[0]])) * 1000 / (delays[1] - delays[0])
    late = [late * 1000 for late in late_s]
    return lines + [f"one round trip of the link measures {slope:.3f}",
                    f"packets left {median(late):.2f} ms late in the median, {max(late):.2f} ms at worst, "
                    f"of {len(late)}"]


def _spread(values, digits):
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _extremes(values):
    return {"median": median(values), "min": min(values), "max": max(values), "count": len(values)}


def _whole(value):
    return f"{value:g}"
