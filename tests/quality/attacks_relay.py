# SPDX-License-Identifier: Apache-2.0
"""Attacks in which the pod works for others: what it sends, it received. Each lays itself over a pod's life from `start`
on. An opened connection is the pod's own; on an accepted one somebody came to the pod."""
from lives import poisson
from traffic import DNS, HOUR, RELAY, VOLUME, FANOUT


def browsing(pod, start, kind, opened_to_operator):
    """Somebody browses through the pod: a tenth goes up, the rest comes down, to sites that change all the time. What
    comes down goes to the operator, on the connection that he opened or that the pod opened to him."""
    seconds, pace = pod.random.uniform(1, 4) * HOUR, pod.random.uniform(60e3, 600e3) * pod.step
    operator, sites = pod.new_addresses(1), pod.new_addresses(1500)
    for index in pod.indexes(start, seconds):
        down = pace * pod.random.lognormvariate(-.1, .5)
        up = down * pod.random.uniform(.05, .2)
        flows = 1 + poisson(pod.random, .8 * pod.step)
        pod.tcp(index, up, down, opened=flows, peers=pod.dice.sample(sites, min(flows * 2, 60)))  # to the sites
        pod.tcp(index, down, up, initiated=float(opened_to_operator), peers=operator)
        pod.udp(index, flows, 48, flows, 140, peers=(DNS,))
    pod.attack(kind, "core", start, seconds, RELAY)


def socks(pod, start):
    """A SOCKS proxy that listens: its users connect to the pod."""
    browsing(pod, start, "socks", False)


def reverse_socks(pod, start):
    """A SOCKS proxy behind the pod's own connection to its operator, as no one can connect to the pod."""
    browsing(pod, start, "reverse-socks", True)


def proxied_downloads(pod, start):
    """Downloads through the pod: a request of 82 bytes on the connection that it opens, everything that it sends on to
    the user on the connection that it accepted."""
    seconds, pace = pod.random.uniform(.5, 2) * HOUR, pod.random.uniform(.3e6, 3e6) * pod.step
    user, left, site = pod.new_addresses(1), 0.0, ()
    for index in pod.indexes(start, seconds):
        opened = int(left <= 0)
        if opened:
            left, site = pod.random.lognormvariate(17, 1.2), pod.new_addresses(1)
        down = pace * pod.random.uniform(.7, 1.1)
        left -= down
        pod.tcp(index, 82 * opened, down, opened=opened, peers=site)
        pod.tcp(index, down, 60 * opened, initiated=0, peers=user)
    pod.attack("proxied-downloads", "core", start, seconds, RELAY)


def tor_relay(pod, start):
    """A Tor relay: encrypted cells in and out again, over connections kept with other relays, half of them accepted."""
    seconds, pace = pod.random.uniform(3, 8) * HOUR, pod.random.uniform(100e3, 1.5e6) * pod.step
    relays = pod.new_addresses(2000)
    for index in pod.indexes(start, seconds):
        age = min(1, max(0, index * pod.step - start) / HOUR)  # others find it bit by bit
        flow = pace * (.15 + .85 * age) * pod.random.lognormvariate(0, .25)
        opened = poisson(pod.random, .1 * pod.step)
        peers = pod.dice.sample(relays[:50 + int(1950 * age)], 40)
        pod.tcp(index, flow, flow * pod.random.uniform(.96, 1.04), opened=opened, initiated=pod.random.uniform(.4, .6),
                peers=peers)
    pod.attack("tor-relay", "core", start, seconds, RELAY)


def torrent(pod, start):
    """BitTorrent: pieces come from a swarm and go to it, by TCP and by UDP; many peers are gone and do not answer."""
    seconds, pace = pod.random.uniform(.7, 3) * HOUR, pod.random.uniform(150e3, 2e6) * pod.step
    swarm = list(pod.new_addresses(300))
    for index in pod.indexes(start, seconds):
        swarm += pod.new_addresses(poisson(pod.random, .15 * pod.step))
        up, down = (pace * pod.random.lognormvariate(0, .3) for _ in range(2))
        tries = poisson(pod.random, .5 * pod.step)
        peers = pod.dice.sample(swarm, 45)
        pod.tcp(index, up * .5, down * .5, opened=tries, initiated=.5, peers=peers[:25])
        pod.udp(index, up * .5 / 1350, 1370, down * .5 / 1350, 1370, peers=peers[25:])
        pod.unanswered(index, tries, .3, pod.dice.sample(swarm, min(tries, 20)))
        pod.udp(index, 3 * pod.step, 110, 2 * pod.step, 280, peers=pod.new_addresses(pod.step))  # the table of peers
    pod.attack("torrent", "core", start, seconds, RELAY + FANOUT)


def spam(pod, start):
    """Sends mail to the servers of hundreds of domains, until they refuse it."""
    seconds, pace = pod.random.uniform(20, 120) / 60 * HOUR, pod.random.uniform(.7, 6)
    size, servers = pod.random.uniform(4e3, 40e3), pod.new_addresses(900)
    for index in pod.indexes(start, seconds):
        mails = poisson(pod.random, pace * pod.step)
        refused = poisson(pod.random, mails * .15)
        pod.tcp(index, mails * pod.random.gauss(size, size / 9), mails * 900, opened=mails,
                peers=pod.dice.sample(servers, min(mails, 300)))
        pod.unanswered(index, refused, .6, pod.dice.sample(servers, min(refused, 50)))
        pod.udp(index, 2 * mails, 48, 2 * mails, 150, peers=(DNS,))
    pod.attack("spam", "core", start, seconds, VOLUME + FANOUT)


ALL = (socks, reverse_socks, proxied_downloads, tor_relay, torrent, spam)
