# SPDX-License-Identifier: Apache-2.0
"""What happens to pods that are abused: each function lays itself over a pod's life from `start` seconds on.

core: what the technique (MITRE ATT&CK T1496.002, Bandwidth Hijacking) is about, sent at its usual pace. hard: less, or
hidden in much. low: so little that ordinary programs send as much; what counts is to be told within an hour."""
from traffic import DNS, FANOUT, HOUR, MINUTE, RELAY, VOLUME


def proxyware(pod, start):
    """The pod's bandwidth is sold: strangers' traffic in and out again, to hundreds of hosts."""
    seconds, pace = pod.random.uniform(1, 3) * HOUR, pod.random.uniform(80e3, 500e3) * pod.step
    hosts = pod.new_addresses(400)
    for index in pod.indexes(start, seconds):
        flow = pace * pod.random.lognormvariate(0, .4)
        received, opened = flow * pod.random.uniform(.95, 1.1), pod.random.randint(2, 9)
        pod.tcp(index, flow, received, opened=opened, peers=pod.dice.sample(hosts, pod.random.randint(8, 40)))
        pod.udp(index, 3, 50, 3, 130, peers=(DNS,))
    pod.attack("proxyware", "core", start, seconds, RELAY)


def seeding(pod, start):
    """A torrent is offered: datagrams of 1,300 bytes to a swarm."""
    seconds, pace = pod.random.uniform(40, 120) * MINUTE, pod.random.uniform(300, 1200) * pod.step
    swarm = pod.new_addresses(500)
    for index in pod.indexes(start, seconds):
        packets = pace * pod.random.lognormvariate(0, .3)
        pod.udp(index, packets, 1300, packets / 2, 30, peers=pod.dice.sample(swarm, pod.random.randint(15, 60)))
    pod.attack("seeding", "core", start, seconds, VOLUME + FANOUT)


def theft(pod, start):
    """Everything at once: an archive uploaded as fast as it goes."""
    seconds, size = pod.random.uniform(3, 15) * MINUTE, pod.random.uniform(.4e9, 3e9)
    host = pod.new_addresses(1)
    for index, share in pod.spread(start, seconds):
        pod.tcp(index, size * share * pod.random.uniform(.8, 1.2), 30000, opened=1, peers=host)
    pod.attack("theft", "core", start, seconds)


def trickle(pod, start):
    """The same, over hours, on a leash."""
    seconds, pace = pod.random.uniform(2, 4) * HOUR, pod.random.uniform(15e3, 50e3) * pod.step
    host = pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        pod.tcp(index, pace * pod.random.uniform(.9, 1.1), 900, opened=int(pod.random.random() < .2), peers=host)
    pod.attack("trickle", "core", start, seconds)


def tunnel(pod, start):
    """Files as names: DNS queries of two hundred bytes."""
    seconds, pace = pod.random.uniform(30, 90) * MINUTE, pod.random.uniform(15, 60) * pod.step
    for index in pod.indexes(start, seconds):
        packets = pace * pod.random.uniform(.8, 1.2)
        pod.udp(index, packets, 200, packets, 90, peers=(DNS,))
    pod.attack("tunnel", "core", start, seconds)


def scan(pod, start):
    """Looks for others to infect: connects, sees who answers, hangs up."""
    seconds, pace = pod.random.uniform(5, 30) * MINUTE, pod.random.uniform(20, 200) * pod.step
    for index in pod.indexes(start, seconds):
        tries = int(pace * pod.random.uniform(.9, 1.1))
        pod.tcp(index, tries, tries * .2, opened=tries, peers=pod.new_addresses(tries), failed=tries * .4)
    pod.attack("scan", "core", start, seconds, FANOUT)


def flood(pod, start):
    """Part of a botnet: datagrams at one victim."""
    seconds, pace = pod.random.uniform(2, 10) * MINUTE, pod.random.uniform(3e3, 15e3) * pod.step
    victim = pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        pod.udp(index, pace * pod.random.uniform(.9, 1.1), 512, peers=victim)
    pod.attack("flood", "core", start, seconds)


def miner(pod, start):
    """A session with a mining pool: shares and keepalives of a few hundred bytes a second, in one connection."""
    seconds = pod.random.uniform(4, 8) * HOUR
    rate = pod.random.uniform(150, 500)
    host = pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        pod.tcp(index, rate * pod.random.uniform(.6, 1.4) * pod.step, 40 * pod.step, peers=host)
    pod.attack("miner", "hard", start, seconds)


def beacon(pod, start):
    """Reports to its master every few minutes, some hundred kilobytes at a time."""
    seconds = pod.random.uniform(5, 8) * HOUR
    period = pod.random.uniform(180, 600)
    host = pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        if index * pod.step % period < pod.step:
            pod.tcp(index, pod.random.uniform(1.5e5, 6e5), 2500, opened=1, peers=host)
    pod.attack("beacon", "hard", start, seconds)


def whisper(pod, start):
    """A kilobyte each half minute: no more than a pod's own keepalives and lookups may be."""
    seconds = pod.random.uniform(4, 8) * HOUR
    host = pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        pod.tcp(index, 60 * pod.step + (800 if pod.random.random() < pod.step / 30 else 0), 40 * pod.step, peers=host)
    pod.attack("whisper", "low", start, seconds)


def poll(pod, start):
    """Asks its master what to do, each minute, in a few kilobytes: a licence check looks the same."""
    seconds = pod.random.uniform(5, 8) * HOUR
    host = pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        if index * pod.step % 60 < pod.step:
            pod.tcp(index, pod.random.uniform(4e3, 9e3), 2500, opened=1, peers=host)
    pod.attack("poll", "low", start, seconds)


def creep(pod, start):
    """Begins with little and sends a half more each hour, to be learnt on the way."""
    seconds, pace = pod.random.uniform(8, 11) * HOUR, pod.random.uniform(2e3, 6e3) * pod.step
    host = pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        hours = (index * pod.step - start) / HOUR
        pod.tcp(index, pace * 1.5 ** hours * pod.random.uniform(.9, 1.1), 900, peers=host)
    pod.attack("creep", "hard", start, seconds)


def piggyback(pod, start):
    """Theft from a busy pod: less than the pod itself sends, on one connection of its own."""
    seconds = pod.random.uniform(60, 150) * MINUTE
    sent = pod.flowed["tcp_tx_bytes"]
    usual = sum(sent) / len(sent)
    host = pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        pod.tcp(index, usual * pod.random.uniform(.7, 1.0), 900, opened=int(index * pod.step - start < 2 * pod.step),
                peers=host)
    pod.attack("piggyback", "hard", start, seconds)


CORE = (proxyware, seeding, theft, trickle, tunnel, scan, flood)
HIDDEN_IN_QUIET = (miner, beacon, creep, whisper, poll)
HIDDEN_IN_BUSY = (piggyback,)
