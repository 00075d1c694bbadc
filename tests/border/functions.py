#!/usr/bin/env python3
"""Makes a C table of every exported function, with the type of each parameter and a way to call it by its row.

    functions.py FILE.c        writes the table, from tests/abi/api.txt
    functions.py --symbols NM ARCHIVE
                               whether the archive exports the same functions

A type that is not known here is an error, so that no function is left out of the tests of the border.
"""

import re
import subprocess
import sys
from pathlib import Path

API = Path(__file__).resolve().parent.parent / "abi" / "api.txt"
HANDLES = ["config", "provider", "client", "transport", "failure", "trace", "properties", "credentials", "signed_url",
           "identity_sink", "login_sink"]
# What a parameter is, by its C type. A handle and what comes out are found by their names.
PARAMETERS = {
    "const char*": "TEXT",
    "const void*": "BYTES",
    "void*": "BUFFER",
    "const struct iovec*": "VECTORS",
    "struct TransportOutVector*": "VECTORS",
    "struct NetworkContext*": "HANDLE",
    "size_t*": "SIZE_OUT",
    "size_t": "SIZE",
    "int32_t": "INT32",
    "uint32_t": "UINT32",
    "int64_t": "INT64",
    "_Bool": "FLAG",
}
FIELDS = {"TEXT": "text", "BYTES": "bytes", "BUFFER": "buffer", "VECTORS": "vectors", "HANDLE": "handle", "OUT": "out",
          "SIZE_OUT": "size_out", "SIZE": "size", "INT32": "int32", "UINT32": "uint32", "INT64": "int64", "FLAG": "flag",
          "WAIT": "int32", "USER_DATA": "buffer", "CALLBACK": "callback"}
# What a function gives, by its C type.
RESULTS = {"cognito_status": "STATUS", "void": "NOTHING", "const char*": "STRING", "const void*": "POINTER",
           "struct NetworkContext*": "POINTER", "int": "COUNT", "int32_t": "NUMBER", "int64_t": "NUMBER", "uint32_t": "NUMBER",
           "size_t": "NUMBER", "_Bool": "NUMBER", "cognito_stage": "NUMBER"}
# These give a count, or a negative status.
COUNTS = re.compile(r"cognito_(transport_(fd|recv|send|writev)|coremqtt_(recv|send|writev))$")
# What a getter gives when its handle is none, where that is neither 0, nor NULL, nor an empty string, nor a status.
DEFAULTS = {
    "cognito_client_next_timeout_ms": "-1",
    "cognito_failure_reason_code": "-1",
    "cognito_failure_clock_offset_ms": "COGNITO_CLOCK_OFFSET_UNKNOWN",
    "cognito_provider_clock_offset_ms": "COGNITO_CLOCK_OFFSET_UNKNOWN",
    "cognito_properties_message_expiry_s": "-1",
}
# Their strings are NULL when there is none.
NULL_STRINGS = re.compile(r"cognito_properties_")


def functions():
    """Name, result and parameters of each function in the record of the ABI."""
    for line in API.read_text().splitlines():
        text = line.removeprefix("__attribute__((warn_unused_result))")
        if re.match(r"typedef |#define |COGNITO_|struct \w+$", text):
            continue
        found = re.fullmatch(r"(.*?)[ *]?(cognito_\w+)\((.*)\)", text)
        if not found:
            sys.exit(f"no function: {line}")
        result = text[: found.start(2)].strip()
        parameters = [] if found[3] == "void" else [re.fullmatch(r"(.*[ *])(\w+)", one).groups() for one in found[3].split(",")]
        yield found[2], result, [(kind.strip(), name) for kind, name in parameters]


def kind_of(function, kind, name):
    """What a parameter is, and which handle."""
    if found := re.fullmatch(r"(?:const )?cognito_(\w+?)(\*{1,2})", kind):
        if found[1] in HANDLES:
            return ("OUT" if found[2] == "**" else "HANDLE"), found[1]
    if re.fullmatch(r"cognito_\w+_fn", kind):
        return "CALLBACK", None
    if kind == "void*" and re.search("data$", name):
        return "USER_DATA", None
    if kind == "int32_t" and re.search("(wait|timeout)_ms$", name):
        return "WAIT", None
    if kind not in PARAMETERS:
        sys.exit(f"{function}: no kind of parameter is known for {kind} {name}")
    return PARAMETERS[kind], "transport" if PARAMETERS[kind] == "HANDLE" else None


def row(name, result, parameters):
    """The function that calls it, and its row."""
    if result not in RESULTS:
        sys.exit(f"{name}: no kind of result is known for {result}")
    gives = "COUNT" if COUNTS.match(name) else RESULTS[result]
    kinds = [kind_of(name, *parameter) for parameter in parameters]
    arguments = []
    for at, ((kind, _), (c_type, _)) in enumerate(zip(kinds, parameters)):
        cast = f"({c_type})" if kind == "CALLBACK" else ""
        arguments.append(f"{cast}a[{at}].{FIELDS[kind]}")
    call = f"{name}({', '.join(arguments)})"
    field = {"STRING": "text", "POINTER": "pointer"}.get(gives, "number")
    body = f"(void)r;\n    {call};" if gives == "NOTHING" else f"r->{field} = {call};"
    caller = f"static void call_{name}(const union value *a, struct result *r) {{\n    (void)a;\n    {body}\n}}\n"
    default = DEFAULTS.get(name, "0")
    fields = [f'"{name}"', gives, default, "NULL" if NULL_STRINGS.match(name) else '""', f"call_{name}", str(len(parameters))]
    cells = [f'{{{kind}, {("HANDLE_" + handle.upper()) if handle else "HANDLE_COUNT"}, "{parameter}"}}'
             for (kind, handle), (_, parameter) in zip(kinds, parameters)]
    return caller, f"    {{{', '.join(fields)}, {{{', '.join(cells) or '{TEXT, HANDLE_COUNT, NULL}'}}}}},\n"


def table():
    rows = [row(*function) for function in functions()]
    return ("/* Made by tests/border/functions.py of tests/abi/api.txt. */\n\n#include \"border.h\"\n\n"
            + "\n".join(caller for caller, _ in rows) + "\nconst struct function functions[] = {\n"
            + "".join(line for _, line in rows) + "};\nconst size_t function_count = sizeof functions / sizeof functions[0];\n")


def symbols(nm, archive):
    listed = subprocess.run([nm, "--defined-only", "--extern-only", archive], capture_output=True, text=True, check=True)
    exported = set(re.findall(r"^[0-9a-f]+ T (cognito_\w+)$", listed.stdout, re.MULTILINE))
    rows = {name for name, _, _ in functions()}
    for name in sorted(exported ^ rows):
        print(f"{name}: {'has no row' if name in exported else 'is not in the archive'}")
    print(f"{len(exported & rows)} of {len(exported | rows)}")
    return exported == rows and rows != set()


if __name__ == "__main__":
    if sys.argv[1] == "--symbols":
        sys.exit(0 if symbols(*sys.argv[2:]) else 1)
    Path(sys.argv[1]).write_text(table())
