"""Tests of the pure parts: python3 -m unittest discover -s bench"""

import unittest

from report import Connect, Result, as_json, table
from segments import FULL_SEGMENT, TcpPacket, sent_between, total

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


if __name__ == "__main__":
    unittest.main()
