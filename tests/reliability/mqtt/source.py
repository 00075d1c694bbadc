"""Debian's source package of mosquitto, whose files test/lib/data/*.json are the sequences.

apt fetches and verifies it, by configuration of its own in a folder of ours: the archive is the one that this machine installs
from, the suite is the one with mosquitto 2.1. Nothing of the machine's own lists changes.
"""

import fcntl
import os
import re
import subprocess
import tarfile
from pathlib import Path

SUITE = "sid"
KEYRINGS = Path("/usr/share/keyrings")


class NoSource(Exception):
    """The sequences cannot be had, and why."""


def sequences(folder):
    """The folder of the JSON files, fetched if it is not there yet, and the version of mosquitto."""
    data, version = folder / "data", folder / "version"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        # Two tests may want them at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not version.exists():
            archive = fetched(folder)
            unpack(archive, data)
            version.write_text(re.search(r"_([\d.]+)\.orig", archive.name)[1])
    return data, version.read_text()


def fetched(folder):
    """The upstream archive of the source package."""
    why = "no archive of Debian is configured"
    for uri in archives():
        try:
            update(folder, uri)
            apt(folder, "source", "--download-only", "mosquitto")
            return next((folder / "package").glob("mosquitto_*.orig.tar.*"))
        except (subprocess.CalledProcessError, StopIteration) as error:
            why = getattr(error, "stdout", None) or str(error)
    raise NoSource(f"the sequences are in Debian's source package of mosquitto, which apt-get could not fetch:\n{why}")


def archives():
    """The URIs that apt installs from, those that call themselves Debian first."""
    try:
        listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)"], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
    except OSError as error:
        raise NoSource(f"needs apt-get: {error}") from error
    lines = [line.partition(" ") for line in dict.fromkeys(listed.splitlines())]
    named = [uri for uri, _, label in lines if label == "Debian"]
    # Before the first `apt-get update` no label is known.
    unknown = [uri for uri, _, label in lines if label in ("", "$(LABEL)")]
    return list(dict.fromkeys(named + unknown))


def update(folder, uri):
    for name in ("parts", "package", "lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    keys = [str(key) for key in sorted(KEYRINGS.glob("debian-archive-keyring.*"))[:1]]
    signed_by = [f"Signed-By: {key}" for key in keys]
    lines = ["Types: deb-src", f"URIs: {uri}", f"Suites: {SUITE}", "Components: main", *signed_by]
    (folder / "parts/debian.sources").write_text("\n".join(lines) + "\n")
    # Without it, what cannot be fetched is a warning.
    apt(folder, "update", "-o", "APT::Update::Error-Mode=any")


def apt(folder, *arguments):
    options = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": folder / "parts",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        # The user that apt has for it may not write here.
        "APT::Sandbox::User": "root",
    }
    set_options = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    subprocess.run(["apt-get", "--quiet", *set_options, *arguments], cwd=folder / "package", check=True, text=True,
                   env={**os.environ, "LC_ALL": "C"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def unpack(archive, data):
    data.mkdir(exist_ok=True)
    with tarfile.open(archive) as tar:
        files = [member for member in tar if re.fullmatch(r"[^/]+/test/lib/data/[^/]+\.json", member.name)]
        for member in files:
            (data / Path(member.name).name).write_bytes(tar.extractfile(member).read())
    if not files:
        raise NoSource(f"{archive.name} has no test/lib/data/*.json")
