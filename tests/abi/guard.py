#!/usr/bin/env python3
"""Holds the C ABI against its committed record: functions with their signatures, types, constants, and the layout of the
structs that callbacks are given, as the compiler sees them.

    guard.py COMPILER [OPTION...]

COMPILER may be for another machine: nothing is linked or run, and no C library is needed. UPDATE_ABI=1 rewrites the record:
api.txt, which is the same everywhere, and layout-32.txt or layout-64.txt. A line that is new is an addition; a line that is
gone or has changed breaks programs that are built already.
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEADER = HERE.parent.parent / "include" / "cognito_connect.h"
# They change with every release; names_every_status.c compares them with the library.
VERSIONS = re.compile(r"COGNITO_VERSION_(MAJOR|MINOR|PATCH|STRING|NUMBER)$")


def compile_c(compiler, source, *options):
    """What the compiler writes to stdout."""
    command = [*compiler, "-std=c99", "-ffreestanding", "-O1", *options, "-I", str(HEADER.parent), "-x", "c", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def of_the_header(compiler):
    """The header without comments and directives, and without what it includes."""
    lines, is_ours = [], False
    for line in compile_c(compiler, f'#include "{HEADER}"\n', "-E").splitlines():
        marker = re.match(r'# \d+ "(.*?)"', line)
        if marker:
            is_ours = marker[1] == str(HEADER)
        elif is_ours:
            lines.append(line)
    return " ".join(lines)


def declarations(text):
    """The top-level declarations, each on one line."""
    found, depth, begin = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "{(") - (letter in "})")
        if letter == ";" and depth == 0:
            found.append(re.sub(r"\s*([(){};,*])\s*", r"\1", " ".join(text[begin:at].split())))
            begin = at + 1
    if text[begin:].strip():
        sys.exit(f"not a declaration: {text[begin:]}")
    return found


def macros(compiler):
    """Names and texts of the macros that the header defines."""
    before = compile_c(compiler, "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n", "-E", "-dM")
    after = compile_c(compiler, f'#include "{HEADER}"\n', "-E", "-dM")
    lines = sorted(set(after.splitlines()) - set(before.splitlines()))
    return [line.removeprefix("#define ").partition(" ")[::2] for line in lines]


def constants(compiler, names):
    """What the compiler takes each expression for: it writes them into the assembly."""
    body = "\n".join(f'    __asm__ volatile("# cognito: {name} %c0" : : "i"({name}));' for name in names)
    source = f'#include "{HEADER}"\nvoid record(void);\nvoid record(void) {{\n{body}\n}}\n'
    with tempfile.TemporaryDirectory() as folder:
        assembly = Path(folder) / "record.s"
        # Without -fno-lto and an optimiser that keeps it, nothing would be there to read.
        compile_c(compiler, source, "-S", "-fno-lto", "-o", str(assembly))
        found = dict(re.findall(r"# cognito: (.*) (-?\d+)\s*$", assembly.read_text(), re.MULTILINE))
    missing = [name for name in names if name not in found]
    if missing:
        sys.exit(f"the compiler did not say what these are: {missing}")
    return found


def record(compiler):
    """The lines of api.txt and of the layout, and how many bits a pointer has."""
    api, layout_of, values, bad = [], [], [], []
    for declaration in declarations(of_the_header(compiler)):
        enum = re.match(r"enum \w+\{(.*)\}$", declaration)
        struct = re.match(r"typedef struct\{(.*)\}(\w+)$", declaration)
        if enum:
            values += [item.partition("=")[0].strip() for item in enum[1].split(",") if item.strip()]
        else:
            api.append(declaration)
        if struct:
            layout_of += [f"sizeof({struct[2]})", f"__alignof__({struct[2]})"]
            members = [re.search(r"(\w+)$", member)[1] for member in struct[1].split(";") if member]
            layout_of += [f"offsetof({struct[2]},{member})" for member in members]
            layout_of += [f"sizeof((({struct[2]}*)0)->{member})" for member in members]
        alias = re.match(r"typedef int32_t (\w+)$", declaration)
        if alias:
            layout_of.append(f"sizeof({alias[1]})")
    for name, text in macros(compiler):
        if not name.startswith("COGNITO_"):
            bad.append(name)
        elif text and not VERSIONS.match(name) and not name.endswith("_H"):
            api.append(f"#define {name} {text}")
    if bad:
        sys.exit(f"{HEADER.name} defines names that may be those of an application: {', '.join(bad)}")
    api += [f"{name} = {value}" for name, value in constants(compiler, values).items()]
    if len(values) < 80 or len(api) < 200 or len(layout_of) < 30:
        sys.exit("too little was found: this reads the wrong thing")
    layout = constants(compiler, [*layout_of, "sizeof(void*)"])
    return sorted(api), [f"{name} = {value}" for name, value in sorted(layout.items())], 8 * int(layout["sizeof(void*)"])


def compare(path, lines):
    """Whether the record is the same; says what is not."""
    if "UPDATE_ABI" in os.environ:
        path.write_text("\n".join(lines) + "\n")
    recorded = path.read_text().splitlines() if path.exists() else []
    for line in difflib.unified_diff(recorded, lines, str(path.name), "now", lineterm="", n=0):
        print(line)
    return recorded == lines


def main():
    compiler = sys.argv[1:] or sys.exit(__doc__)
    api, layout, bits = record(compiler)
    same = [compare(HERE / "api.txt", api), compare(HERE / f"layout-{bits}.txt", layout)]
    if not all(same):
        sys.exit("The ABI is another one. What is gone or has changed needs a new minor version before 1.0, a new major one "
                 "after. If it is meant, run this with UPDATE_ABI=1 for both word sizes, and name it in CHANGELOG.md.")
    print(f"{len(api)} lines of API and {len(layout)} of layout for {bits} bits are as recorded")


if __name__ == "__main__":
    main()
