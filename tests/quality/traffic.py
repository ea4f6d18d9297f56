# SPDX-License-Identifier: Apache-2.0
"""A pod's traffic, interval by interval, and its counters as a trace."""

COLUMNS = ("tx_bytes", "tx_packets", "rx_bytes", "rx_packets", "tcp_tx_bytes", "tcp_tx_packets", "tcp_new_sockets",
           "tcp_initiated_tx_bytes", "udp_tx_bytes", "udp_tx_packets")
TWO_COLUMNS = ("tx_bytes", "rx_bytes")
MONDAY = 1_772_409_600  # 2026-03-02T00:00:00Z
MINUTE, HOUR, DAY = 60, 3600, 86400

SEGMENT = 1360  # bytes of payload in a full packet inside an overlay network
TCP_HEADERS = 66  # Ethernet, IPv4, TCP with time stamps
UDP_HEADERS = 42


class Pod:
    """What flowed in each interval of `step` seconds; `random` is the pod's own."""

    def __init__(self, random, days, step=10, columns=COLUMNS):
        self.random, self.step, self.columns = random, step, columns
        self.count = int(days * DAY / step)
        self.start = MONDAY + random.randrange(28) * DAY
        self.flowed = {column: [0] * self.count for column in COLUMNS}
        self.peers = [0] * self.count
        self.lost, self.resets = set(), set()
        self.attacks, self.neutral = [], []

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

    def tcp(self, index, tx, rx=0, opened=0, initiated=1.0, peers=1):
        """Payload bytes each way, connections that the pod opened, the share of tx on those, remote addresses."""
        flowed, tx, rx, opened = self.flowed, int(tx), int(rx), int(opened)
        sent = -(-tx // SEGMENT) + rx // (2 * SEGMENT) + 4 * opened
        received = -(-rx // SEGMENT) + tx // (2 * SEGMENT) + 3 * opened
        flowed["tcp_tx_bytes"][index] += tx
        flowed["tcp_tx_packets"][index] += sent
        flowed["tcp_new_sockets"][index] += opened
        flowed["tcp_initiated_tx_bytes"][index] += int(tx * initiated)
        self._link(index, tx + TCP_HEADERS * sent, sent, rx + TCP_HEADERS * received, received)
        self.peers[index] += peers

    def udp(self, index, packets, size, answers=0, answer_size=0, peers=1):
        """Datagrams sent of so many bytes, and what came back."""
        packets, answers = int(packets), int(answers)
        self.flowed["udp_tx_bytes"][index] += int(packets * size)
        self.flowed["udp_tx_packets"][index] += packets
        self._link(index, int(packets * (size + UDP_HEADERS)), packets, int(answers * (answer_size + UDP_HEADERS)), answers)
        self.peers[index] += peers

    def _link(self, index, tx_bytes, tx_packets, rx_bytes, rx_packets):
        flowed = self.flowed
        flowed["tx_bytes"][index] += tx_bytes
        flowed["tx_packets"][index] += tx_packets
        flowed["rx_bytes"][index] += rx_bytes
        flowed["rx_packets"][index] += rx_packets

    def attack(self, kind, tier, start, seconds):
        self.attacks.append({"kind": kind, "tier": tier, "start": self.start + start, "end": self.start + start + seconds})

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

    def write(self, path):
        columns = [c for c in self.columns]
        gauge = self.columns is COLUMNS
        total = [self.random.randrange(1 << self.random.randrange(8, 40)) for _ in columns]
        flowed = [self.flowed[c] for c in columns]
        which = range(len(columns))
        with open(path, "w") as out:
            out.write(",".join(["time", *columns] + (["destinations"] if gauge else [])) + "\n")
            for index in range(self.count):
                if index in self.resets:
                    total = [0] * len(columns)
                for i in which:
                    total[i] += flowed[i][index]
                if index in self.lost:
                    continue
                row = [*total, self.peers[index]] if gauge else total
                late = self.random.random() * .02
                out.write(f"{self.time(index) + late:.3f},{','.join(map(str, row))}\n")
