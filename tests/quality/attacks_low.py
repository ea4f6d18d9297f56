# SPDX-License-Identifier: Apache-2.0
"""Attacks that send so little that ordinary programs send as much: each lays itself over a pod's life from `start` on.
All are of the tier low."""
from traffic import DNS, FANOUT, HOUR


def drip(pod, start):
    """A stolen session: one connection that the pod never had, sixty bytes a second, for three days."""
    seconds, host = 70 * HOUR, pod.new_addresses(1)
    for index in pod.indexes(start, seconds):
        pod.tcp(index, 60 * pod.step * pod.random.uniform(.9, 1.1), 20 * pod.step, peers=host,
                opened=int(index * pod.step < start + pod.step))
    pod.attack("drip", "low", start, seconds)


def slow_scan(pod, start):
    """A patient scan: 30,780 addresses, one each five seconds, most of which do not answer."""
    seconds = 30780 * 5
    for index in pod.indexes(start, seconds):
        tries = max(1, pod.step // 5)
        pod.unanswered(index, tries, pod.random.choice((0, 0, .5)), pod.new_addresses(tries))
    pod.attack("slow-scan", "low", start, seconds, FANOUT)


def heartbeat(pod, start):
    """A bot that reports each minute, one to three kilobytes, on a connection of its own each time."""
    seconds, host, next_beat = pod.random.uniform(5, 8) * HOUR, pod.new_addresses(1), start
    for index in pod.indexes(start, seconds):
        if index * pod.step + pod.step > next_beat:
            next_beat += 60 * pod.random.uniform(.85, 1.15)
            pod.tcp(index, pod.random.uniform(1e3, 3e3), 900, opened=1, peers=host)
    pod.attack("heartbeat", "low", start, seconds)


def thin_miner(pod, start):
    """A miner on few cores: shares of sixty to three hundred bytes a second, in one connection to its pool."""
    seconds, host = pod.random.uniform(4, 10) * HOUR, pod.new_addresses(1)
    rate = pod.random.uniform(60, 300)
    for index in pod.indexes(start, seconds):
        pod.tcp(index, rate * pod.random.lognormvariate(-.1, .45) * pod.step, 50 * pod.step, peers=host,
                opened=int(index * pod.step < start + pod.step))
    pod.attack("thin-miner", "low", start, seconds)


def slow_tunnel(pod, start):
    """Files as names, five questions a second through the cluster's own resolver."""
    seconds = pod.random.uniform(2, 5) * HOUR
    for index in pod.indexes(start, seconds):
        questions = 5 * pod.step * pod.random.uniform(.9, 1.1)
        pod.udp(index, questions, pod.random.uniform(130, 180), questions, 100, peers=(DNS,))
    pod.attack("slow-tunnel", "low", start, seconds)


ALL = (drip, slow_scan, heartbeat, thin_miner, slow_tunnel)
