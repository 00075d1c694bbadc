"""Counts beside what they may be at most (budget.tsv)."""

from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).resolve().parent / "budget.tsv"


class Line(NamedTuple):
    """What a count may be, and by how many percent it may be more on another machine."""
    at_most: float
    tolerance: float


class Verdict(NamedTuple):
    name: str
    count: float
    line: Line

    @property
    def is_kept(self):
        return self.count <= self.line.at_most * (1 + self.line.tolerance / 100)

    def __str__(self):
        kept = "ok  " if self.is_kept else "MORE"
        return f"{kept}  {self.name:<28} {self.count:>12g}  of {self.line.at_most:g} (+{self.line.tolerance:g} %)"


def read(text):
    """The lines of a budget by name. A line is name, count, tolerance in percent, and why, with tabs between."""
    lines = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4 or not fields[3].strip() or fields[0] in lines:
            raise ValueError(f"budget, line {number}: a name that is new, a count, a tolerance and a reason: {line!r}")
        lines[fields[0]] = Line(float(fields[1]), float(fields[2]))
    return lines


def verdicts(budget, counts, prefixes):
    """One for each count and for each line of these prefixes. A count without a line, or a line without a count, is an
    error: what is not compared is not kept."""
    expected = {name for name in budget if name.split(".", 1)[0] in prefixes}
    if expected != set(counts):
        missing, unknown = sorted(expected - set(counts)), sorted(set(counts) - expected)
        raise ValueError(f"budget: not counted: {missing}; without a line: {unknown}")
    return [Verdict(name, counts[name], budget[name]) for name in sorted(counts)]


def check(counts, prefixes):
    """Prints how the counts stand to budget.tsv beside this file, and how many of them are kept. Gives whether all are."""
    compared = verdicts(read(FILE.read_text(encoding="ascii")), counts, prefixes)
    kept = sum(verdict.is_kept for verdict in compared)
    print("\n" + "\n".join(map(str, compared)) + f"\n\n{kept} passed, {len(compared) - kept} failed")
    return kept == len(compared)
