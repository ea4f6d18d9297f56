# SPDX-License-Identifier: Apache-2.0
"""Attacks that are loud, and those that choose their time: while the pod is young, while it works, while something else
is being told. Each lays itself over a pod's life from `start` on."""
from traffic import DAY, FANOUT, HOUR, MINUTE, VOLUME


def upload(pod, start, seconds, rate, wobble=.15, host=None):
    """Sent to one stranger at `rate` bytes a second."""
    host = host or pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        first = index * pod.step < start + pod.step
        pod.tcp(index, max(0, rate * pod.step * pod.random.gauss(1, wobble)), rate * pod.step * .002, opened=int(first),
                peers=host)


# Loud.

def syn_flood(pod, start):
    """Part of a botnet: SYNs made by hand, with forged senders, which no socket accounts for."""
    seconds, pace = pod.random.uniform(2, 15) * MINUTE, pod.random.uniform(2e3, 40e3) * pod.step
    for index in pod.indexes(start, seconds):
        pod.raw(index, pace * pod.random.uniform(.9, 1.1), 54)
    pod.attack("syn-flood", "core", start, seconds, VOLUME + FANOUT)


def udp_flood(pod, start):
    """Part of a botnet: full datagrams at one victim, as fast as they go."""
    seconds, pace = pod.random.uniform(1, 6) * MINUTE, pod.random.uniform(3e3, 40e3) * pod.step
    victim = pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        pod.udp(index, pace * pod.random.uniform(.9, 1.1), 1400, peers=victim)
    pod.attack("udp-flood", "core", start, seconds)


def connect_scan(pod, start):
    """Looks for open ports: connections of which hosts refuse some and firewalls drop the others; nothing is sent."""
    seconds, pace = pod.random.uniform(5, 40) * MINUTE, pod.random.uniform(8, 250) * pod.step
    hosts, refused = pod.new_addresses(20000), pod.random.uniform(.05, .9)
    for index in pod.indexes(start, seconds):
        tries = int(pace * pod.random.uniform(.9, 1.1))
        pod.unanswered(index, tries, refused, pod.dice.sample(hosts, min(tries, len(hosts))))
    pod.attack("connect-scan", "core", start, seconds, FANOUT)


def raw_scan(pod, start):
    """The whole internet at one port: SYNs made by hand; the kernel turns away what answers."""
    seconds, pace = pod.random.uniform(5, 40) * MINUTE, pod.random.uniform(300, 8e3) * pod.step
    for index in pod.indexes(start, seconds):
        packets = pace * pod.random.uniform(.95, 1.05)
        pod.raw(index, packets, 54, packets * .03, 60)
        pod.raw(index, packets * .015, 54)
    pod.attack("raw-scan", "core", start, seconds, VOLUME + FANOUT)


def surge(pod, start):
    """Theft from a busy pod at four to fifteen times what it ever sent in a minute."""
    seconds, factor = pod.random.uniform(5, 30) * MINUTE, pod.random.uniform(4, 15)
    sent, minute, before = pod.flowed["tx_bytes"], max(1, 60 // pod.step), int(start / pod.step)
    most = max(sum(sent[at:at + minute]) for at in range(0, before - minute, minute)) / (minute * pod.step)
    upload(pod, start, seconds, factor * most)
    pod.attack("surge", "core", start, seconds)


# At its own pace.

def tenth_an_hour(pod, start):
    """Begins with little and sends a tenth more each hour, for days."""
    seconds, rate, host = pod.seconds - start, pod.random.uniform(1.5e3, 6e3), pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        hours = (index * pod.step - start) / HOUR
        pod.tcp(index, rate * 1.1 ** hours * pod.step * pod.random.uniform(.9, 1.1), 900, peers=host)
    pod.attack("tenth-an-hour", "hard", start, seconds)


def siphon(pod, start):
    """Copies what a busy pod reads: fifty kilobytes a second, for hours."""
    seconds = pod.random.uniform(3, 7) * HOUR
    upload(pod, start, seconds, 50e3)
    pod.attack("siphon", "hard", start, seconds)


# While the pod works.

def during_work(pod, start):
    """Theft in the hour of the pod's own job, one of the last that it has: two to six times what that sends, elsewhere."""
    at, seconds, size = [each for each in pod.work if each[0] + 4 * each[1] + HOUR < pod.seconds][-1]
    begin = at + pod.random.uniform(0, .3) * seconds
    lasts = max(MINUTE, seconds * pod.random.uniform(1, 3))
    upload(pod, begin, lasts, pod.random.uniform(2, 6) * size / lasts)
    pod.attack("during-work", "hard", begin, lasts)


def during_rollout(pod, start):
    """Theft while a new version starts and fetches what it needs."""
    seconds, size = pod.random.uniform(3, 12) * MINUTE, pod.random.uniform(.4e9, 2e9)
    upload(pod, start, seconds, size / seconds)
    pod.attack("during-rollout", "hard", start, seconds)


def first_hour(pod, start):
    """Theft from a pod that is minutes old: a megabyte a second."""
    seconds = pod.random.uniform(10, 30) * MINUTE
    upload(pod, start, seconds, 1e6)
    pod.attack("first-hour", "hard", start, seconds)


# While something else is being told.

def harmless_step(pod, start):
    """The pod gets a new task for the day: twenty kilobytes a second to a new service. An alert is right, an attack it
    is not."""
    seconds = min(9 * HOUR, pod.seconds - start)
    upload(pod, start, seconds, 20e3, .05)
    pod.new_life(start, seconds)


def theft_behind_step(pod, start, after):
    harmless_step(pod, start)
    seconds = pod.random.uniform(5, 20) * MINUTE
    upload(pod, start + after, seconds, 5e6)
    pod.attack("behind-step", "core", start + after, seconds)


def behind_step_soon(pod, start):
    """Theft of five megabytes a second half an hour after a harmless new task began."""
    theft_behind_step(pod, start, .5 * HOUR)


def behind_step_later(pod, start):
    """The same after two hours."""
    theft_behind_step(pod, start, 2 * HOUR)


def behind_step_late(pod, start):
    """The same after five hours."""
    theft_behind_step(pod, start, 5 * HOUR)


def scan_behind_step(pod, start):
    """A scan of two hundred connections a second while a harmless new task runs."""
    harmless_step(pod, start)
    begin, seconds = start + pod.random.uniform(.5, 5) * HOUR, pod.random.uniform(5, 20) * MINUTE
    for index in pod.indexes(begin, seconds):
        pod.unanswered(index, 200 * pod.step, .3, pod.new_addresses(200 * pod.step))
    pod.attack("scan-behind-step", "core", begin, seconds, FANOUT)


def doubling(pod, start, pause):
    """Ten thefts, each twice the one before, from 100 kB/s to 51 MB/s: each is one to be told."""
    host, seconds = pod.new_addresses(1), 20 * MINUTE
    for step in range(10):
        begin = start + step * (seconds + pause)
        upload(pod, begin, seconds, 100e3 * 2 ** step, host=host)
        pod.attack("chain", "hard", begin, seconds)


def chain(pod, start):
    """Doubles what it steals each twenty minutes, without a pause."""
    doubling(pod, start, 0)


def broken_chain(pod, start):
    """Doubles what it steals, with an hour between."""
    doubling(pod, start, HOUR)


def poison(pod, start):
    """Two gigabytes in the pod's first 41 minutes, so that this is taken for its way; then theft of 200 kB/s on the
    second day and on the fourth."""
    host = pod.new_addresses(1)
    upload(pod, 30, 41 * MINUTE, 2e9 / (41 * MINUTE), host=host)
    pod.new_life(30, 41 * MINUTE)
    for day in (1, 3):
        begin, seconds = day * DAY + pod.random.uniform(2, 20) * HOUR, pod.random.uniform(20, 60) * MINUTE
        upload(pod, begin, seconds, 200e3, host=host)
        pod.attack("poisoned", "hard", begin, seconds)
