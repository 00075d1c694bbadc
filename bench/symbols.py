"""From the symbols of a program to the crates that they come from. Pure."""

import re
from collections import Counter

STANDARD = ("std", "core", "alloc")
# What the standard library prints the stack of a panic with.
BACKTRACE = ("addr2line", "gimli", "rustc_demangle", "miniz_oxide", "object")
ESCAPES = {"$LT$": "<", "$GT$": ">", "$RF$": "&", "$u20$": " ", "$C$": ",", "$BP$": "*", "..": "::"}


def bytes_by_crate(nm, archive_symbols):
    """{crate: bytes}, largest first. `nm` is the output of nm -S --size-sort; `archive_symbols` are all names in the archive."""
    crates = Counter()
    for line in nm.splitlines():
        match line.split():
            case [_, size, kind, name] if kind not in "bB":
                crates[crate(name, archive_symbols)] += int(size, 16)
    return dict(crates.most_common())


def crate(name, archive_symbols):
    """The crate of a mangled name. An instance of a generic function counts for the first crate in its name that is not
    the standard library: what is instantiated, or else by whom. C and assembly in the archive are ring's."""
    if "backtrace_rs" in name:
        return "std: backtraces"
    if name.startswith("_ZN"):
        named = _legacy(name)
    elif name.startswith("_R"):
        named = _v0(name)
    elif name.startswith("cognito_") and name in archive_symbols:
        return "cognito_connect"
    elif name.startswith("rust_"):
        return "std"
    else:
        return "ring: C and assembly" if name in archive_symbols else "the program itself"
    found = next((each for each in named if each not in STANDARD), "std")
    return "std: backtraces" if found in BACKTRACE else found


def _legacy(name):
    length = re.match(r"_ZN(\d+)", name)
    first = name[length.end():length.end() + int(length[1])]
    for escape, text in ESCAPES.items():
        first = first.replace(escape, text)
    if "<" not in first:
        return [first]
    return re.findall(r"(?<![\w:])([a-z_][a-z0-9_]*)::", first)


def _v0(name):
    """Names of crates in the form Cs<disambiguator>_<length><name>."""
    names = []
    for match in re.finditer(r"Cs[0-9A-Za-z]*_(\d+)", name):
        for digits in range(len(match[1]), 0, -1):
            begin = match.start(1) + digits
            names.append(name[begin:begin + int(match[1][:digits])])
            break
    return names
