#!/usr/bin/env python3
"""libabigail's judgement of the C ABI: whether programs that were built with the header of the record go on to work.

    libabigail.py COMPILER [OPTION...]

The functions of the header are compiled to a shared object, with bodies that do nothing, whose debugging information has all types
as C has them; that of the archive has Rust's, and the release archive has none. That the archive defines these functions and no
others is looked at by tests/c/archive_has_our_symbols_only.sh, and that the header is the library's by tests/header.rs. UPDATE_ABI=1
rewrites the record, header-32.abi or header-64.abi. Needs abidw and abidiff.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from guard import HEADER, HERE, declarations, of_the_header

FUNCTION = re.compile(r"(?:__attribute__\(\([^)]*\)\))?[\w* ]*\bcognito_\w+\(.*\)$")


def main():
    compiler = sys.argv[1:] or sys.exit(__doc__)
    functions = [declaration for declaration in declarations(of_the_header(compiler))
                 if not declaration.startswith("typedef") and FUNCTION.match(declaration)]
    if len(functions) < 100:
        sys.exit("too few functions were found: this reads the wrong thing")
    with tempfile.TemporaryDirectory() as folder:
        source, library, now = (Path(folder) / name for name in ("header.c", "libheader.so", "now.abi"))
        bodies = "\n".join(f"{function} {{ __builtin_trap(); }}" for function in functions)
        source.write_text(f'#include "{HEADER}"\n{bodies}\n')
        run([*compiler, "-std=c99", "-ffreestanding", "-g", "-O0", "-fPIC", "-shared", "-nostdlib", "-o", library, source])
        run(["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--out-file", now, library])
        text = now.read_text()
        bits = 32 * library.read_bytes()[4]  # ELFCLASS32 or ELFCLASS64
        recorded = HERE / f"header-{bits}.abi"
        if "UPDATE_ABI" in os.environ:
            recorded.write_text(text)
        if text.count("<function-decl ") < len(functions):
            sys.exit("libabigail sees fewer functions than the header has")
        difference = subprocess.run(["abidiff", recorded, now], capture_output=True, text=True)
    print(difference.stdout + difference.stderr, end="")
    if difference.returncode != 0:
        sys.exit(f"abidiff ended with {difference.returncode}: the ABI is another one. If it is meant, run this with UPDATE_ABI=1 "
                 "for both word sizes, and name it in CHANGELOG.md.")
    print(f"{len(functions)} functions for {bits} bits are as recorded")


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
