# SPDX-License-Identifier: Apache-2.0
"""A pod's traffic, interval by interval, and its counters as a trace."""
from random import Random

COUNTERS = ("tx_bytes", "tx_packets", "rx_bytes", "rx_packets", "tcp_tx_bytes", "tcp_tx_packets", "tcp_new_sockets",
            "tcp_initiated_tx_bytes", "udp_tx_bytes", "udp_tx_packets", "unaccounted_tx_bytes", "tcp_failed_connections")
COLUMNS = (*COUNTERS, "new_destinations", "destinations")  # replay ignores, with one warning, what it does not know
TWO_COLUMNS = ("tx_bytes", "rx_bytes")
MONDAY = 1_772_409_600  # 2026-03-02T00:00:00Z
MINUTE, HOUR, DAY = 60, 3600, 86400

SEGMENT = 1360  # bytes of payload in a full packet inside an overlay network
TCP_HEADERS = 66  # Ethernet, IPv4, TCP with time stamps
UDP_HEADERS = 42
SYN = 74  # bytes of a connection's first packet on the link

KUBELET, DNS = -1, -2  # addresses that every pod knows
NEIGHBOURS = 1000  # addresses from 0 on that a pod deals with all its life; others are given out above them

# What an alert about an attack may be called.
VOLUME = ("dormancy-break", "egress-volume", "egress-drift")
RELAY = ("proxy-relay",)
FANOUT = ("connection-fanout",)


class Pod:
    """What flowed in each interval of `step` seconds; `random` is the pod's own, `dice` draws addresses."""

    def __init__(self, seed, days, step=10, columns=COLUMNS):
        self.random, self.dice, self.step, self.columns = Random(seed), Random(f"{seed} addresses"), step, columns
        self.count = int(days * DAY / step)
        self.start = MONDAY + self.random.randrange(28) * DAY
        self.flowed = {counter: [0] * self.count for counter in COUNTERS}
        self.reached = [None] * self.count  # the addresses that were sent to in each interval, as sets
        self.next_address = NEIGHBOURS
        self.lost, self.resets = set(), set()
        self.attacks, self.neutral = [], []
        self.work = []  # of lives that do something now and then: (start, seconds, bytes sent) of each time

    @property
    def seconds(self):
        """How long the trace is."""
        return self.count * self.step

    def time(self, index):
        """Unix seconds of the interval's end."""
        return self.start + (index + 1) * self.step

    def hour(self, index):
        """Of the day, 0 to 24."""
        return self.time(index) % DAY / HOUR

    def weekday(self, index):
        return self.time(index) // DAY % 7 not in (2, 3)  # the epoch was a Thursday

    def indexes(self, start, seconds):
        """The intervals from `start` seconds after the beginning on."""
        first = int(start / self.step)
        return range(min(first, self.count), min(first + max(1, round(seconds / self.step)), self.count))

    def spread(self, start, seconds):
        """The same, each with its even share of a whole."""
        indexes = self.indexes(start, seconds)
        for index in indexes:
            yield index, 1 / len(indexes)

    def new_addresses(self, count):
        """Addresses that this pod never sent to. Who keeps them has fixed peers or a pool, who asks anew has strangers."""
        first = self.next_address
        self.next_address += int(count)
        return range(first, self.next_address)

    def tcp(self, index, tx, rx=0, opened=0, initiated=1.0, peers=1, failed=0, acked=2):
        """Payload bytes each way, connections that the pod opened, the share of tx on those, remote addresses or how
        many of the neighbours, how many of the connections failed, and how many segments one answer acknowledges."""
        flowed, tx, rx, opened = self.flowed, int(tx), int(rx), int(opened)
        sent = -(-tx // SEGMENT) + int(rx / (acked * SEGMENT)) + 4 * opened
        received = -(-rx // SEGMENT) + tx // (2 * SEGMENT) + 3 * opened
        flowed["tcp_tx_bytes"][index] += tx
        flowed["tcp_tx_packets"][index] += sent
        flowed["tcp_new_sockets"][index] += opened
        flowed["tcp_initiated_tx_bytes"][index] += int(tx * initiated)
        flowed["tcp_failed_connections"][index] += int(failed)
        self._link(index, tx + TCP_HEADERS * sent, sent, rx + TCP_HEADERS * received, received)
        self._reach(index, peers)

    def unanswered(self, index, tries, refused=0.0, peers=()):
        """Connections that come to nothing: a share is refused, the others wait, and are given up after a second SYN."""
        flowed, tries = self.flowed, int(tries)
        turned_away = int(tries * refused)
        sent = 2 * tries - turned_away
        flowed["tcp_new_sockets"][index] += tries
        flowed["tcp_failed_connections"][index] += turned_away  # the kernel counts no attempt that its program closed
        flowed["tcp_tx_packets"][index] += sent
        self._link(index, SYN * sent, sent, 54 * turned_away, turned_away)
        self._reach(index, peers)

    def udp(self, index, packets, size, answers=0, answer_size=0, peers=1):
        """Datagrams sent of so many bytes, and what came back."""
        packets, answers = int(packets), int(answers)
        self.flowed["udp_tx_bytes"][index] += int(packets * size)
        self.flowed["udp_tx_packets"][index] += packets
        self._link(index, int(packets * (size + UDP_HEADERS)), packets, int(answers * (answer_size + UDP_HEADERS)), answers)
        self._reach(index, peers)

    def raw(self, index, packets, size, answers=0, answer_size=0):
        """Packets of so many bytes on the link that no socket accounts for: made by hand, or forwarded."""
        packets, answers = int(packets), int(answers)
        self.flowed["unaccounted_tx_bytes"][index] += int(packets * size)
        self._link(index, int(packets * size), packets, int(answers * answer_size), answers)

    def _link(self, index, tx_bytes, tx_packets, rx_bytes, rx_packets):
        flowed = self.flowed
        flowed["tx_bytes"][index] += tx_bytes
        flowed["tx_packets"][index] += tx_packets
        flowed["rx_bytes"][index] += rx_bytes
        flowed["rx_packets"][index] += rx_packets

    def _reach(self, index, peers):
        addresses = range(peers) if isinstance(peers, int) else peers
        if self.reached[index] is None:
            self.reached[index] = set(addresses)
        else:
            self.reached[index].update(addresses)

    def attack(self, kind, tier, start, seconds, expect=VOLUME):
        """`expect`: the kinds that an alert about it may have."""
        end = min(start + seconds, self.seconds)
        self.attacks.append({"kind": kind, "tier": tier, "start": self.start + start, "end": self.start + end,
                             "expect": list(expect)})

    def new_life(self, start, seconds):
        """Benign, but new: an alert there counts neither way."""
        self.neutral.append([self.start + start, self.start + start + seconds])

    def wear(self):
        """What happens to recordings: samples get lost, now and then a quarter of an hour, and counters begin anew."""
        pick = self.random.randrange
        self.lost.update(pick(self.count) for _ in range(self.count // 1000))
        if self.random.random() < .5:
            first = pick(self.count)
            self.lost.update(range(first, min(self.count, first + 15 * MINUTE // self.step)))
        if self.random.random() < .3:
            self.resets.add(pick(self.count))

    def _addresses(self):
        """In each interval: how many addresses never sent to before, and how many in all."""
        seen, new, all_of_them = set(), [], []
        for addresses in self.reached:
            before = len(seen)
            seen.update(addresses or ())
            new.append(len(seen) - before)
            all_of_them.append(len(addresses or ()))
        return new, all_of_them

    def write(self, path):
        gauge = "destinations" in self.columns
        new, reached = self._addresses()
        counters = [c for c in self.columns if c != "destinations"]
        total = [self.random.randrange(1 << self.random.randrange(8, 40)) for _ in counters]
        flowed = [new if c == "new_destinations" else self.flowed[c] for c in counters]
        which = range(len(counters))
        with open(path, "w", encoding="utf-8") as out:
            out.write(",".join(["time", *counters] + (["destinations"] if gauge else [])) + "\n")
            for index in range(self.count):
                if index in self.resets:
                    total = [0] * len(counters)
                for i in which:
                    total[i] += flowed[i][index]
                if index in self.lost:
                    continue
                row = [*total, reached[index]] if gauge else total
                late = self.random.random() * .02
                out.write(f"{self.time(index) + late:.3f},{','.join(map(str, row))}\n")
