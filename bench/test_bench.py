"""Tests of the pure parts: python3 -m unittest discover -s bench"""

import unittest
from xml.etree.ElementTree import fromstring

import budget
from report import Connect, Result, as_json, table
from segments import FULL_SEGMENT, TcpPacket, sent_between, total
from symbols import bytes_by_crate, crate
from system_calls import asked
from waterfall import Picture, bars, svg

SERVER, CLIENT = ("10.0.0.1", 443), ("10.0.0.2", 50000)


def out(at, sequence, payload, opens=False, port=CLIENT[1]):
    return TcpPacket("out", at, at + 1, CLIENT[0], port, *SERVER, sequence, payload, opens)


def into(at, payload, port=CLIENT[1]):
    return TcpPacket("in", at - 1, at, *SERVER, CLIENT[0], port, 0, payload, False)


class Segments(unittest.TestCase):
    def test_what_is_sent_between_two_answers_is_one_flight(self):
        packets = [out(0, 0, 0, opens=True), out(2, 1, 100), into(4, 3000), out(5, 101, 30), out(5, 131, 40),
                   into(7, 10)]
        sent = total(sent_between(packets, 0, 8))
        self.assertEqual((sent.segments, sent.fewest, sent.flights), (3, 2, [100, 70]))

    def test_a_flight_that_is_larger_than_a_segment_needs_two(self):
        packets = [out(0, 0, 0, opens=True), out(2, 1, FULL_SEGMENT), out(2, 1 + FULL_SEGMENT, 1), into(4, 10)]
        self.assertEqual(total(sent_between(packets, 0, 5)).fewest, 2)

    def test_what_follows_the_last_answer_before_connected_is_not_counted(self):
        packets = [out(0, 0, 0, opens=True), out(2, 1, 100), into(4, 10), out(4.1, 101, 2)]
        self.assertEqual(total(sent_between(packets, 0, 4.2)).segments, 1)

    def test_a_segment_sent_again_is_counted_apart(self):
        packets = [out(0, 0, 0, opens=True), out(2, 1, 100), out(3, 1, 100), into(4, 10)]
        sent = total(sent_between(packets, 0, 5))
        self.assertEqual((sent.segments, sent.repeated), (1, 1))

    def test_acknowledgements_are_not_counted(self):
        packets = [out(0, 0, 0, opens=True), into(1, 0), out(2, 1, 0), into(4, 10)]
        self.assertEqual(total(sent_between(packets, 0, 5)).segments, 0)

    def test_a_connection_from_before_is_not_counted(self):
        self.assertEqual(sent_between([out(2, 1, 100), into(4, 10)], 0, 5), {})

    def test_a_connection_that_was_opened_before_the_client_said_that_it_connects_is_not_counted(self):
        packets = [out(0, 0, 0, opens=True), out(1, 1, 10), out(3, 0, 0, opens=True, port=2), out(4, 1, 20, port=2),
                   into(5, 5, port=2)]
        self.assertEqual(total(sent_between(packets, 3.01, 6)).flights, [20])

    def test_each_connection_has_its_own_flights(self):
        packets = [out(0, 0, 0, opens=True), out(0, 0, 0, opens=True, port=2), out(1, 1, 10), out(1, 1, 20, port=2),
                   into(2, 5), out(3, 21, 20, port=2), into(4, 5, port=2)]
        self.assertEqual(sorted(sent.flights for sent in sent_between(packets, 0, 5).values()), [[10], [40]])


def result(*pairs):
    connects = [Connect(delay, time, time + 100, 8, 7, 0, []) for pair in pairs for delay, time in zip((50, 100), pair)]
    return Result("1.3", "ours", connects)


class Report(unittest.TestCase):
    def test_the_fastest_connects_have_a_slope_of_their_own(self):
        of_two = result((260, 510), (251, 590))
        self.assertAlmostEqual(of_two.round_trips_of_fastest((50, 100)), (510 - 251) / 50)

    def test_round_trips_are_the_slope_between_the_medians(self):
        slope, low, high = result((260, 510), (261, 521), (270, 500)).round_trips((50, 100))
        self.assertAlmostEqual(slope, (510 - 261) / 50)
        self.assertAlmostEqual(low, (500 - 270) / 50)
        self.assertAlmostEqual(high, (521 - 261) / 50)

    def test_the_table_has_a_line_for_each_result(self):
        lines = table([result((260, 510))], (50, 100)).splitlines()
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[1], r"^1\.3  ours .*5\.00 \(5\.00 to 5\.00\) +8 +7$")

    def test_json_has_every_connect(self):
        content = as_json([result((260, 510), (261, 511))], (50, 100), {50: [0.05], 100: [0.1]}, [0.0001])
        self.assertEqual(len(content["results"][0]["connects"]), 4)
        self.assertEqual(content["link"]["ping_ms"]["50"]["median"], 50)


class Waterfall(unittest.TestCase):
    # A link of 4 s; the client says at 0 that it connects, and at 17 that it is connected.
    PACKETS = [out(0, 0, 0, opens=True), into(4, 0), out(4, 1, 300), into(8, 3000), out(8, 301, 80), out(9, 381, 1400),
               into(12, 500), out(12, 1781, 100), into(13, 1000), out(14, 1881, 110), into(17, 30)]

    def test_a_step_lasts_from_what_is_sent_to_its_answer(self):
        drawn = bars(self.PACKETS, {443: "IoT Core"}, 0, 17, 4)
        self.assertEqual([(bar.step, bar.began, bar.ended) for bar in drawn],
                         [("TCP", 0, 4), ("TLS", 4, 8), ("wait", 8, 9), ("upgrade", 9, 13), ("MQTT", 14, 17)])

    def test_a_connection_to_another_port_is_not_drawn(self):
        self.assertEqual(bars(self.PACKETS, {80: "IoT Core"}, 0, 17, 4), [])

    def test_the_picture_is_xml_and_names_each_client_and_its_time(self):
        drawn = bars(self.PACKETS, {443: "IoT Core"}, 0, 17, 4)
        picture = svg([Picture("ours & theirs", drawn, 17)], 4000)
        self.assertEqual(fromstring(picture).tag, "{http://www.w3.org/2000/svg}svg")
        self.assertIn("ours &amp; theirs: 17000 ms", picture)


class SystemCalls(unittest.TestCase):
    def test_calls_are_counted_once_and_bytes_of_tcp_sockets_only(self):
        counted = asked("""\
10 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 9
10 sendmsg(9, {msg_iov=[{iov_base="(,) = 5", iov_len=7}]}, MSG_NOSIGNAL) = 7
10 recvfrom(9, 0x55, 4096, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
10 clone3({flags=CLONE_VM}, 88 <unfinished ...>
11 recvfrom(9, <unfinished ...>
10 <... clone3 resumed> => {parent_tid=[11]}, 88) = 11
11 <... recvfrom resumed>"abc", 4096, 0, NULL, NULL) = 3
10 write(1, "Connected!\\n", 11) = 11
10 close(9) = 0
10 socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 9
10 sendmsg(9, {}, 0) = 100
10 --- SIGCHLD {si_signo=SIGCHLD} ---
11 +++ exited with 0 +++
""".splitlines())
        self.assertEqual(counted.total(), 9)
        self.assertEqual((counted.sent_bytes, counted.received_bytes, counted.sends, counted.threads), (7, 3, 1, 1))
        self.assertEqual(counted.calls["recvfrom"], 2)


class Budget(unittest.TestCase):
    BUDGET = "# name\tcount\n\nheap.bytes\t1000\t2\twhy\nwire.sends\t10\t0\twhy\n"

    def test_a_count_may_exceed_its_line_by_the_tolerance(self):
        kept = budget.verdicts(budget.read(self.BUDGET), {"heap.bytes": 1020, "wire.sends": 11}, {"heap", "wire"})
        self.assertEqual([verdict.is_kept for verdict in kept], [True, False])

    def test_what_is_not_compared_is_an_error(self):
        lines = budget.read(self.BUDGET)
        self.assertEqual(len(budget.verdicts(lines, {"wire.sends": 1}, {"wire"})), 1)
        for counts in ({}, {"wire.sends": 1, "wire.bytes": 1}):
            with self.assertRaises(ValueError):
                budget.verdicts(lines, counts, {"wire"})

    def test_a_line_without_a_reason_or_twice_is_an_error(self):
        for text in ("a.b\t1\t0\t\n", "a.b\t1\t0\tx\na.b\t1\t0\tx\n", "a.b 1 0 x\n"):
            with self.assertRaises(ValueError):
                budget.read(text)

class Symbols(unittest.TestCase):
    def test_a_symbol_counts_for_the_first_crate_that_is_not_the_standard_library(self):
        names = {
            "_ZN15cognito_connect4mqtt5codec6decode17h4afba0c4ed6c44acE": "cognito_connect",
            "_ZN4core3ptr30drop_in_place17h0123456789abcdefE": "std",
            "_ZN42_$LT$$RF$T$u20$as$u20$core..fmt..Debug$GT$3fmt17hd9a05b9c1e599e6cE": "std",
            "_ZN87_$LT$tracing..instrument..Instrumented$LT$T$GT$$u20$as$u20$core..future..future..Future$GT$4poll"
            "17h38b39a51b9492b93E": "tracing",
            "_RNvNtCsjrHSEGnQ3l9_3std9panicking12default_hook": "std",
            "_RNvCsa5bLR7_5gimli4read": "std: backtraces",
            "cognito_client_new": "cognito_connect",
            "ecp_nistz256_precomputed": "ring: C and assembly",
            "options_begin": "the program itself",
        }
        in_archive = {"cognito_client_new", "ecp_nistz256_precomputed"}
        self.assertEqual({name: crate(name, in_archive) for name in names}, names)

    def test_what_takes_no_place_in_the_file_is_not_counted(self):
        nm = "\n".join(["0000000000001000 0000000000000010 t ecp_nistz256_mul_mont", "0000000000002000 0000000000000020 b zeros",
                        "0000000000003000 0000000000000030 T main", "                 U memcpy"])
        self.assertEqual(bytes_by_crate(nm, {"ecp_nistz256_mul_mont"}), {"the program itself": 48, "ring: C and assembly": 16})


if __name__ == "__main__":
    unittest.main()
