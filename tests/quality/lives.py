# SPDX-License-Identifier: Apache-2.0
"""What pods do all day: each function fills a pod's whole time. A life that has a first time of something that recurs
marks it as new: no detector can tell a first nightly export from a theft."""
from math import cos, exp, pi

from traffic import DAY, DNS, HOUR, KUBELET, MINUTE


def waves(pod, index, peak_hour, low):
    """The day's shape: 1 at the peak, `low` twelve hours away from it; less on weekends."""
    shape = low + (1 - low) * (1 + cos((pod.hour(index) - peak_hour) / 12 * pi)) / 2
    return shape if pod.weekday(index) else shape * .6


def poisson(random, mean):
    if mean > 30:
        return max(0, round(random.gauss(mean, mean ** .5)))
    limit, product, count = exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count


def probed(pod, every=10):
    """The kubelet asks for /healthz: accepted connections, a few hundred bytes. Now and then the neighbour's hardware
    address is asked for, in a packet of no socket."""
    for index in range(0, pod.count, max(1, every // pod.step)):
        times = max(1, pod.step // every)
        pod.tcp(index, 170 * times, 130 * times, initiated=0, peers=(KUBELET,))
        asked = poisson(pod.dice, times * every / 45)
        if asked:
            pod.raw(index, asked, 42, asked, 42)


def lookups(pod, mean):
    """Names resolved, `mean` an interval of ten seconds."""
    for index in range(pod.count):
        n = poisson(pod.random, mean * pod.step / 10)
        if n:
            pod.udp(index, n, 45, n, 120, peers=(DNS,))


def mute(pod):
    """Not one byte."""


def sleeper(pod):
    """Answers its probes and waits to be asked."""
    probed(pod)


def watcher(pod):
    """Keeps a watch open at the API server: a beat each half minute, a list each ten minutes or so."""
    probed(pod)
    for index in range(0, pod.count, max(1, 30 // pod.step)):
        beats = max(1, pod.step // 30)
        pod.tcp(index, 60 * beats, 90 * beats)
    at = 0.0
    while at < pod.seconds:
        for index in pod.indexes(at, 1):
            pod.tcp(index, pod.random.gauss(3000, 300), pod.random.gauss(45000, 4000), opened=1)
            pod.udp(index, 2, 50, 2, 130, peers=(DNS,))
        at += pod.random.uniform(9, 11) * MINUTE


def pusher(pod):
    """Sends its metrics each twenty seconds, all in one connection."""
    probed(pod)
    for index in range(0, pod.count, max(1, 20 // pod.step)):
        times = max(1, pod.step // 20)
        pod.tcp(index, pod.random.gauss(15000, 800) * times, 600 * times)


def frontend(pod):
    """A web server with a day and a night, and a small call behind each tenth request."""
    peak = pod.random.uniform(11, 20)
    scale = pod.random.uniform(5, 40)
    probed(pod)
    for index in range(pod.count):
        requests = poisson(pod.random, scale * waves(pod, index, peak, .08) * pod.step / 10)
        behind = requests // 10
        pod.tcp(index, requests * pod.random.gauss(11000, 1500), requests * 700, initiated=0, peers=min(requests, 40))
        pod.tcp(index, behind * 450, behind * 2500, opened=behind // 5)


def backend(pod):
    """Serves other services at a steady pace; a storm of retries now and then."""
    pace = pod.random.uniform(60e3, 300e3) * pod.step
    storm = 0
    for index in range(pod.count):
        if pod.random.random() < .00015 * pod.step / 10:
            storm = max(1, round(pod.random.uniform(30, 120) / pod.step))
        storm = max(0, storm - 1)
        factor = pod.random.gauss(1, .06) * (1.6 if storm else 1)
        pod.tcp(index, max(0, pace * factor), pace * .7, initiated=.04, opened=int(storm > 0) * 3, peers=12)
    lookups(pod, .5)


def worker(pod):
    """Takes jobs from a queue: fetches, works, stores a result of a few hundred kilobytes, sometimes megabytes."""
    probed(pod)
    rate = pod.random.uniform(.02, .08)
    jobs = 0
    for index in range(pod.count):
        pod.tcp(index, 240 * pod.step / 10, 260 * pod.step / 10)
        for _ in range(poisson(pod.random, rate * waves(pod, index, 14, .3) * pod.step / 10)):
            size = min(4e6, pod.random.lognormvariate(12.4, .9))
            jobs += 1
            if jobs <= 3:  # until it has done a few, each is news
                pod.new_life(index * pod.step, 60)
            for part, share in pod.spread(index * pod.step, pod.random.uniform(10, 40)):
                pod.tcp(part, size * share, size * 2 * share, opened=1, peers=2)


def builder(pod):
    """Idle, then a build: pulls a lot, pushes an image; several a day from the first hours on."""
    probed(pod)
    at = pod.random.uniform(5, 25) * MINUTE
    first = True
    while at < pod.seconds:
        length, image = pod.random.uniform(4, 9) * MINUTE, pod.random.uniform(60e6, 140e6)
        push = pod.random.uniform(40, 80)
        for index in pod.indexes(at, length):
            pod.tcp(index, 9000 * pod.step / 10, pod.random.uniform(2e6, 8e6) * pod.step / 10, opened=2, peers=5)
        for index, share in pod.spread(at + length, push):
            pod.tcp(index, image * share, 20000, opened=3, peers=2)
        pod.work.append((at + length, push, image))
        if first or at < 2 * HOUR:
            pod.new_life(at, length + push)
            first = False
        at += length + pod.random.uniform(.3, 1.6) * HOUR


def exporter(pod):
    """Quiet but for a dump at the same time each night."""
    probed(pod)
    begin, size = pod.random.uniform(1, 5) * HOUR, pod.random.uniform(20e6, 90e6)
    for night in range(int(pod.seconds / DAY) + 1):
        at, length = night * DAY + begin + pod.random.uniform(0, 40), pod.random.uniform(150, 200)
        for index, share in pod.spread(at, length):
            pod.tcp(index, size * share, 3000, opened=1)
        pod.work.append((at, length, size))
        if night == 0:
            pod.new_life(at, length)


def replica(pod):
    """A database's standby source: a stream of changes, a surge at each checkpoint."""
    pace = pod.random.uniform(100e3, 400e3) * pod.step
    for index in range(pod.count):
        surge = 2.5 if index * pod.step % 300 < 20 and pod.step < 300 else 1
        factor = surge * waves(pod, index, 15, .4) * pod.random.gauss(1, .1)
        pod.tcp(index, max(0, pace * factor), pace * .02, initiated=0, peers=2)
    probed(pod)


def gateway(pod):
    """Its work is to relay: what comes in goes out, to many, from its first minute on."""
    pace = pod.random.uniform(100e3, 600e3) * pod.step
    for index in range(pod.count):
        flow = max(0, pace * waves(pod, index, 13, .3) * pod.random.gauss(1, .2))
        connections = poisson(pod.random, 15 * waves(pod, index, 13, .3) * pod.step / 10)
        pod.tcp(index, flow, flow * 1.02, opened=connections, initiated=.3, peers=min(60, 10 + connections))
    lookups(pod, 3)


def resolver(pod):
    """Answers names, and asks others for them."""
    for index in range(pod.count):
        queries = poisson(pod.random, 250 * waves(pod, index, 12, .5) * pod.step / 10)
        pod.udp(index, queries * 1.2, 110, queries * 1.2, 70, peers=30)
    probed(pod)


def rollout(pod):
    """Starts with an effort: fetches its data, warms its caches, then works steadily and modestly."""
    probed(pod)
    for index in pod.indexes(20, 8 * MINUTE):
        pod.tcp(index, 4000 * pod.step / 10, pod.random.uniform(1e6, 5e6) * pod.step / 10, opened=4, peers=6)
    for index in pod.indexes(90, pod.seconds):
        pod.tcp(index, max(0, pod.random.gauss(2500, 500)) * pod.step, 1500 * pod.step, initiated=.1, peers=5)


QUIET = (mute, sleeper, watcher, pusher)
BUSY = (frontend, backend, worker, replica)
ALL = (*QUIET, *BUSY, builder, exporter, gateway, resolver, rollout)
