# coding: utf-8
"""The fuzzing server of the Autobahn test suite, which speaks Python 2.7. Arguments: the folder of its packages, its specification."""

import json
import site
import sys

site.addsitedir(sys.argv[1])

from autobahntestsuite import fuzzing  # noqa: E402
from twisted.internet import reactor  # noqa: E402


class Protocol(fuzzing.FuzzingServerProtocol):
    def onConnect(self, request):
        """The suite agrees to no subprotocol, and AWS always to this one."""
        fuzzing.FuzzingServerProtocol.onConnect(self, request)
        return "mqtt"


fuzzing.FuzzingServerFactory.protocol = Protocol
with open(sys.argv[2]) as specification:
    fuzzing.startServer(json.load(specification), None)
reactor.callWhenRunning(sys.stdout.flush)
reactor.run()
