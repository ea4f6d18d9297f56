#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The traces that generate.py makes are such as a pod can have."""
import os
import tempfile
import unittest

from scenarios import scenarios
from traffic import COLUMNS, DAY, HOUR, Pod


def made(scenario, seed=1):
    """The scenario's pod; at a minute's interval, so that all of them take seconds."""
    pod = Pod(f"{seed} {scenario.name}", scenario.days, max(60, scenario.step), COLUMNS)
    scenario.life(pod)
    if scenario.attack:
        scenario.attack(pod, scenario.start)
    return pod


def text(pod):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace.csv")
        pod.write(path)
        with open(path, encoding="utf-8") as file:
            return file.read()


class Scenarios(unittest.TestCase):
    def test_of_each_the_counters_agree_and_the_attacks_are_in_the_trace(self):
        for scenario in scenarios("all", 1):
            if scenario.days > 14:
                continue  # a life that others show, for longer
            with self.subTest(scenario.name):
                pod = made(scenario)
                flowed = pod.flowed
                self.assertTrue(all(value >= 0 for values in flowed.values() for value in values))
                for link, tcp, udp, other in zip(flowed["tx_bytes"], flowed["tcp_tx_bytes"], flowed["udp_tx_bytes"],
                                                 flowed["unaccounted_tx_bytes"]):
                    self.assertLessEqual(tcp + udp + other, link)
                for part, whole in (("tcp_initiated_tx_bytes", "tcp_tx_bytes"), ("tcp_tx_packets", "tx_packets"),
                                    ("tcp_failed_connections", "tcp_new_sockets")):
                    self.assertTrue(all(a <= b for a, b in zip(flowed[part], flowed[whole])), f"{part} within {whole}")
                self.assertEqual(bool(scenario.attack), bool(pod.attacks))
                for attack in pod.attacks:
                    self.assertLessEqual(pod.start, attack["start"])
                    self.assertLess(attack["start"], attack["end"])
                    self.assertLessEqual(attack["end"], pod.start + pod.seconds)

    def test_names_are_unique(self):
        names = [scenario.name for scenario in scenarios("all", 1)]
        self.assertEqual(len(names), len(set(names)))

    def test_the_same_seed_makes_the_same_trace(self):
        scenario = next(s for s in scenarios("all", 1) if s.name == "watcher-torrent")
        self.assertEqual(text(made(scenario)), text(made(scenario)))
        self.assertNotEqual(text(made(scenario)), text(made(scenario, seed=2)))


class Addresses(unittest.TestCase):
    def setUp(self):
        self.pod = Pod("1", HOUR / DAY, 10)

    def new_destinations(self):
        return list(zip(*self.pod._addresses()))  # (new, all) of each interval

    def test_a_peer_is_new_once(self):
        host = self.pod.new_addresses(1)
        self.pod.tcp(0, 100, peers=host)
        self.pod.udp(5, 1, 100, peers=host)
        self.assertEqual(self.new_destinations()[:6], [(1, 1), (0, 0), (0, 0), (0, 0), (0, 0), (0, 1)])

    def test_strangers_are_new_each_time(self):
        for index in range(3):
            self.pod.unanswered(index, 4, peers=self.pod.new_addresses(4))
        self.assertEqual(self.new_destinations()[:3], [(4, 4)] * 3)

    def test_the_same_peer_counts_once_in_an_interval(self):
        self.pod.tcp(0, 100, peers=2)
        self.pod.tcp(0, 100, peers=3)
        self.assertEqual(self.new_destinations()[0], (3, 3))

    def test_what_no_socket_accounts_for_reaches_nobody_that_is_known(self):
        self.pod.raw(0, 10, 54)
        self.assertEqual(self.new_destinations()[0], (0, 0))
        self.assertEqual(self.pod.flowed["unaccounted_tx_bytes"][0], 540)


if __name__ == "__main__":
    unittest.main()
