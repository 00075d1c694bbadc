"""Random things to sign, the same for the same seed."""

import random
import string
from collections import namedtuple

Case = namedtuple("Case", "number at lifetime key secret token host port region host_header")

STANDARD, WITH_PORT = 0, 1
ALPHANUMERIC = string.ascii_letters + string.digits
# What has to be percent-encoded in a query: all that is printable but the unreserved characters of RFC 3986.
RESERVED = "".join(sorted(set(map(chr, range(0x20, 0x7F))) - set(ALPHANUMERIC + "-._~")))
BEYOND_ASCII = "\u00e9\u00df\u0416\u20ac\u6c34\U0001f511"
REGIONS = ("us-east-1", "eu-central-1", "cn-northwest-1", "us-gov-west-1", "ap-southeast-2", "eusc-de-east-1")
# The epoch, leap days (2000 is one, 2100 is none), ends of a year, the ends of 31 and of 32 bits, the last second of 2999.
TIMES = (0, 951782399, 951782400, 1709164800, 1709251199, 1735689599, 1735689600, 2147483647, 2147483648, 4107542399,
         4107542400, 4294967295, 4294967296, 32503679940)


def cases(seed, count):
    generator = random.Random(seed)
    return [_case(generator, number) for number in range(count)]


def _case(generator, number):
    def text(characters, least, most):
        return "".join(generator.choices(characters, k=generator.randint(least, most)))

    every = ALPHANUMERIC + RESERVED + "-._~"
    at = generator.choice(TIMES) if generator.random() < 0.2 else generator.randrange(32503679940)
    lifetime = generator.choice((generator.randint(400, 43200), generator.randint(100, 300)))
    key = "ASIA" + text(string.ascii_uppercase + string.digits, 12, 124) if generator.random() < 0.9 else text(every, 1, 128)
    secret = text(ALPHANUMERIC + "+/", 40, 40) if generator.random() < 0.5 else text(every + BEYOND_ASCII, 1, 200)
    token = text(every, 1, 4096)
    if generator.random() < 0.1:
        token += text(every + BEYOND_ASCII, 1, 100) + generator.choice((RESERVED, "%2F%252f", "+ +", "&a=b#c?d"))
    return Case(number, at, lifetime, key, secret, token, _host(generator), generator.choice((443, 443, 8443, generator.randint(1, 65535))),
                _region(generator), generator.choice((STANDARD, WITH_PORT)))


def _region(generator):
    if generator.random() < 0.5:
        return generator.choice(REGIONS)
    return "-".join(("".join(generator.choices(string.ascii_lowercase, k=generator.randint(2, 9))) for _ in range(2))) \
        + f"-{generator.randint(1, 99)}"


def _host(generator):
    def label():
        return "".join(generator.choices(string.ascii_lowercase + string.digits, k=generator.randint(1, 20)))

    kind = generator.random()
    if kind < 0.5:
        return f"{label()}-ats.iot.{generator.choice(REGIONS)}.amazonaws.com"
    if kind < 0.8:
        return ".".join(["x" + label() for _ in range(generator.randint(1, 5))])
    if kind < 0.9:
        return ".".join(str(generator.randint(1, 254)) for _ in range(4))
    return f"2001:db8::{generator.randint(1, 0xffff):x}:{generator.randint(1, 0xffff):x}"
