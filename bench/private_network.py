"""Two private networks for one process and its children, with their own /etc/hosts.

Nothing has a name outside: the kernel removes interfaces, addresses and mounts together with the last process
that is inside, however it ended. The machine's own interfaces are not even visible from here.
"""

import ctypes
import fcntl
import os
import signal
import struct
import subprocess
import sys
from contextlib import contextmanager

INSIDE = "COGNITO_BENCH_INSIDE"  # holds the id of the process that is inside: children do not count
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000

_libc = ctypes.CDLL(None, use_errno=True)


class NeedsSomething(Exception):
    """The machine lacks something; the message says what."""


def is_inside():
    return os.environ.get(INSIDE) == str(os.getpid())


def enter():
    """Starts this program again, with the same process id, inside a private network and private mounts."""
    unshare = ["unshare", "--net", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    trial = subprocess.run(unshare + ["true"], capture_output=True, text=True, timeout=10)
    if trial.returncode != 0:
        raise NeedsSomething(f"needs root, or a kernel that lets users make namespaces: {trial.stderr.strip()}")
    os.environ[INSIDE] = str(os.getpid())
    os.execvp("unshare", unshare + [sys.executable] + sys.argv)


class Network:
    """One network namespace, held open by a descriptor."""

    def __init__(self, descriptor):
        self.descriptor = descriptor

    @classmethod
    def current(cls):
        return cls(os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC))

    @classmethod
    def new(cls):
        """A new, empty network. The calling process stays where it is."""
        here = cls.current()
        _check(_libc.unshare(CLONE_NEWNET), "unshare")
        try:
            return cls.current()
        finally:
            here.enter()

    def enter(self):
        _check(_libc.setns(self.descriptor, CLONE_NEWNET), "setns")

    @contextmanager
    def inside(self):
        before = Network.current()
        self.enter()
        try:
            yield
        finally:
            before.enter()
            os.close(before.descriptor)

    def start(self, command, **options):
        """A child inside this network, in its own process group, that ends with this process at the latest."""
        def prepare():
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            self.enter()
        return subprocess.Popen(command, preexec_fn=prepare, start_new_session=True, env=_environment(), **options)

    def ip(self, *arguments):
        with self.inside():
            done = subprocess.run(("ip",) + arguments, capture_output=True, text=True, timeout=10)
        if done.returncode != 0:
            raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")

    def set(self, name, value):
        """Writes one of the settings below net/ that each network has of its own."""
        with self.inside(), open(f"/proc/sys/net/{name}", "w", encoding="ascii") as setting:
            setting.write(value)

    def open_tun(self, name):
        """A TUN interface whose packets this process reads and writes: plain IP packets, no offload of any kind."""
        with self.inside():
            try:
                descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                raise NeedsSomething(f"needs /dev/net/tun (kernel module tun): {error.strerror}") from error
            fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_WITHOUT_HEADER))
        return descriptor


def use_hosts(path):
    """Makes `path` the /etc/hosts of this process and its children."""
    done = subprocess.run(["mount", "--bind", str(path), "/etc/hosts"], capture_output=True, text=True, timeout=10)
    if done.returncode != 0:
        raise RuntimeError(f"mount --bind over /etc/hosts: {done.stderr.strip()}")


def _environment():
    """This environment without what would send a child through a proxy or give it other credentials."""
    return {name: value for name, value in os.environ.items()
            if not name.upper().startswith("AWS_") and not name.upper().endswith("_PROXY")}


def _check(result, call):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
