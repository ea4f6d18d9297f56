# SPDX-License-Identifier: Apache-2.0
"""More of what pods do all day: proxies, consumers, clients, and pods whose share of a service changes. Each function
fills a pod's whole time, as in lives.py."""
from lives import lookups, poisson, probed, waves
from traffic import DAY, DNS, HOUR, MINUTE


def served(pod, index, requests, size, asked=700, peers=4):
    """Requests answered on accepted connections, and a small call to the database behind each fourth."""
    pod.tcp(index, requests * pod.random.gauss(size, size / 8), requests * asked, initiated=0, peers=peers)
    behind = requests // 4
    if behind:
        pod.tcp(index, behind * 400, behind * 2500, opened=behind // 50, peers=1)


def mesh_proxy(pod):
    """A service mesh's waypoint: each request comes in and goes out again over kept connections, each answer back."""
    peak, scale = pod.random.uniform(10, 18), pod.random.uniform(40, 200)
    size, services = pod.random.uniform(3e3, 12e3), pod.new_addresses(20)
    probed(pod)
    for index in range(pod.count):
        requests = poisson(pod.random, scale * waves(pod, index, peak, .15) * pod.step / 10)
        asked, answered = requests * pod.random.gauss(900, 90), requests * pod.random.gauss(size, size / 10)
        pod.tcp(index, asked, answered, opened=requests // 60, peers=services)
        pod.tcp(index, answered, asked, initiated=0, peers=12)


def vpn_gateway(pod):
    """OpenVPN for a company: datagrams to its users' homes, and their packets forwarded, which no socket accounts for."""
    staff, pace = pod.random.randint(20, 80), pod.random.uniform(3e3, 15e3) * pod.step
    homes = pod.new_addresses(3 * staff)  # leases change
    probed(pod)
    for index in range(pod.count):
        users = poisson(pod.random, staff * waves(pod, index, 13, .05))
        flow = users * pace * pod.random.lognormvariate(-.1, .45)
        if users:
            first = (pod.time(index) // DAY * 7) % len(homes)
            at_home = {homes[(first + n) % len(homes)] for n in range(users)}
            pod.udp(index, flow / 1100, 1150, flow / 3000, 300, peers=at_home)
            pod.raw(index, flow / 3000, 280, flow / 1100, 1120)


def hpa(pod):
    """One of an autoscaled web service's pods: its share halves when others are added, doubles when they go, is nothing
    at night."""
    peak, scale = pod.random.uniform(10, 18), pod.random.uniform(150, 500)
    probed(pod)
    replicas, changed, woken = 1, 0, False
    for index in range(pod.count):
        load = waves(pod, index, peak, 0) - .12
        requests = poisson(pod.random, max(0, load) * scale * pod.random.lognormvariate(0, .2) / replicas * pod.step / 10)
        if index * pod.step - changed >= 5 * MINUTE:
            wanted = max(1, round(max(0, load) * 6 + pod.random.gauss(0, .3)))
            if wanted != replicas:
                replicas, changed = wanted, index * pod.step
        if requests and not woken:
            woken = True
            pod.new_life(index * pod.step, HOUR)
        if requests:
            served(pod, index, requests, 9000)


def canary(pod):
    """A new version on trial: it gets one request in a hundred, then five, twenty, fifty, then its full share."""
    peak, scale = pod.random.uniform(10, 18), pod.random.uniform(200, 600)
    steps, at = [], 0.0
    for share in (.01, .05, .2, .5, 1):
        steps.append((at, share))
        at += pod.random.uniform(1, 5) * HOUR
    probed(pod)
    for index in range(pod.count):
        share = [s for begin, s in steps if begin <= index * pod.step][-1]
        requests = poisson(pod.random, scale * share * waves(pod, index, peak, .3) * pod.step / 10)
        if requests:
            served(pod, index, requests, 7000)


def consumer(pod):
    """A Kafka consumer: fetches much, asks and commits little; after a rebalance it catches up on what it missed."""
    brokers, pace = pod.new_addresses(6), pod.random.uniform(.2e6, 1.5e6)
    rebalance, late = pod.random.uniform(4, 20) * HOUR, 0.0
    for index in range(pod.count):
        now = index * pod.step
        if now >= rebalance:
            rebalance = now + pod.random.uniform(6, 40) * HOUR
            late = pod.random.uniform(30, 90)
            pod.tcp(index, 6 * 900, 6 * 2500, opened=6, peers=brokers)
            continue
        fetched = pace * waves(pod, index, 14, .4) * pod.random.gauss(1, .12) * pod.step
        if late:
            backlog = min(late, 2 * pod.step)  # three times the pace until nothing is late
            fetched, late = fetched * (1 + backlog / pod.step), late - backlog
        pod.tcp(index, 12 * 110 * pod.step + 200 * pod.step / 5, max(0, fetched), peers=brokers)
    probed(pod)


def websockets(pod):
    """Live results to whoever watches: one message comes in, and goes out on each of hundreds of accepted connections."""
    watchers, peak = pod.random.uniform(80, 600), pod.random.uniform(14, 21)
    event, events = pod.random.uniform(1, 4) * HOUR, 0
    until = 0.0
    probed(pod)
    for index in range(pod.count):
        now = index * pod.step
        if now >= event:
            until, event = now + pod.random.uniform(2, 12) * MINUTE, now + pod.random.uniform(2, 9) * HOUR
            events += 1
            if events <= 2:
                pod.new_life(now, until - now)
        messages = poisson(pod.random, (2.5 if now < until else .4) * pod.step)
        online = watchers * waves(pod, index, peak, .1)
        pod.tcp(index, messages * online * 330 + online * 6 * pod.step / 25, messages * 350, initiated=0, peers=6)


def crawler(pod):
    """Reads the web: some pages a second, thousands of sites a day that it never saw before, always."""
    pace, new = pod.random.uniform(5, 30), pod.random.uniform(.03, .1)
    for index in range(pod.count):
        pages = poisson(pod.random, pace * pod.step / 10)
        sites = sum(pod.dice.random() < new for _ in range(pages))
        dead = poisson(pod.dice, sites * .08)
        pod.tcp(index, pages * 650, pages * pod.random.lognormvariate(10.8, .5), opened=max(sites, pages // 6),
                peers=pod.new_addresses(sites))
        if dead:
            pod.unanswered(index, dead, .4, pod.new_addresses(dead))
        if sites:
            pod.udp(index, 2 * sites, 45, 2 * sites, 120, peers=(DNS,))
    probed(pod)


def runner(pod):
    """A CI runner: asks for work, and works when somebody pushes. That is in office hours, not each day, and no two
    builds are alike."""
    probed(pod)
    for index in pod.indexes(0, pod.seconds)[::max(1, 50 // pod.step)]:
        pod.tcp(index, 900 * max(1, pod.step // 50), 700 * max(1, pod.step // 50))
    registries = pod.new_addresses(9)
    at, jobs, busy_days = 0.0, 0, {}
    while at < pod.seconds:
        at += pod.random.expovariate(1) * .8 * HOUR
        when, day = pod.start + at, int((pod.start + at) // DAY)
        busy = busy_days.setdefault(day, day % 7 not in (2, 3) and pod.random.random() < .75)
        if not busy or not 7 <= when % DAY / HOUR < 18:
            continue
        jobs += 1
        length, artifacts = pod.random.lognormvariate(5.5, .8), min(8e8, pod.random.lognormvariate(16.3, 1.1))
        push = max(10, artifacts / pod.random.uniform(4e6, 20e6))
        for index in pod.indexes(at, length):
            pod.tcp(index, 5000 * pod.step / 10, pod.random.uniform(.3e6, 5e6) * pod.step / 10, opened=2,
                    peers=pod.dice.sample(registries, 3))
        for index, share in pod.spread(at + length, push):
            pod.tcp(index, artifacts * share, 20000, opened=2, peers=registries[:2])
        pod.work.append((at + length, push, artifacts))
        if jobs <= 3:
            pod.new_life(at, length + push)
        at += length + push


def shipper(pod):
    """Ships logs. When the other side stops reading it keeps them, and sends them all as fast as it goes afterwards."""
    pace, server = pod.random.uniform(8e3, 50e3), pod.new_addresses(2)
    stop, kept, times = pod.random.uniform(4, 16) * HOUR, 0.0, 0
    end = stop + pod.random.uniform(5, 40) * MINUTE
    drain = pod.random.uniform(1e6, 4e6)
    for index in range(pod.count):
        now = index * pod.step
        made = max(0, pace * waves(pod, index, 14, .4) * pod.random.lognormvariate(0, .25) * pod.step)
        if stop <= now < end:
            kept += made
            pod.tcp(index, 0, 0, opened=int(pod.random.random() < pod.step / 60), peers=server)
            continue
        if now >= end:
            times += 1
            if times == 1:
                pod.new_life(now, 10 * MINUTE)
            stop = now + pod.random.uniform(10, 40) * HOUR
            end = stop + pod.random.uniform(5, 40) * MINUTE
        burst = min(kept, drain * pod.step)
        kept -= burst
        pod.tcp(index, made + burst, (made + burst) * .01, opened=int(burst > 0), peers=server)
    probed(pod)


def mirror(pod):
    """A registry mirror: an image comes in once, and goes out to each node that starts it; when something is deployed."""
    probed(pod)
    at, times = pod.random.uniform(.2, 2) * HOUR, 0
    while at < pod.seconds:
        image, nodes = min(1.5e9, pod.random.lognormvariate(18.2, .9)), pod.random.randint(2, 8)
        length = max(20, image * nodes / pod.random.uniform(20e6, 90e6))
        for index, share in pod.spread(at, length):
            fetched = image * share if pod.random.random() < .5 else 0
            pod.tcp(index, 4000 if fetched else 0, fetched, opened=int(fetched > 0), peers=3)
            pod.tcp(index, image * nodes * share, 9000, initiated=0, peers=nodes)
        times += 1
        if times <= 3:
            pod.new_life(at, length)
        at += length + pod.random.expovariate(1) * 3 * HOUR + 5 * MINUTE


def drained(pod):
    """Serves at a steady pace, and for some hours twice or three times as much: a node is drained, and its pods' load
    comes here."""
    pace = pod.random.uniform(40e3, 200e3) * pod.step
    begin = pod.random.uniform(10, 30) * HOUR
    end, factor = begin + pod.random.uniform(2, 6) * HOUR, pod.random.uniform(2, 3)
    for index in range(pod.count):
        now = index * pod.step
        if now >= end:
            begin = end + pod.random.uniform(20, 80) * HOUR
            end, factor = begin + pod.random.uniform(2, 6) * HOUR, pod.random.uniform(2, 3)
        flow = pace * waves(pod, index, 14, .5) * pod.random.gauss(1, .07) * (factor if begin <= now else 1)
        pod.tcp(index, max(0, flow), max(0, flow * .4), initiated=.05, opened=int(pod.random.random() < .05), peers=12)
    lookups(pod, .3)


def flipper(pod):
    """One of three that elect a leader. As standby it beats; as leader, for days at a time, it works."""
    probed(pod)
    pace, peers = pod.random.uniform(60e3, 300e3) * pod.step, pod.new_addresses(2)
    change, leads, led = pod.random.uniform(.4, 1.5) * DAY, False, 0
    for index in range(pod.count):
        now = index * pod.step
        if now >= change:
            leads, change = not leads, now + pod.random.uniform(.8, 3) * DAY
            led += leads
            if leads and led == 1:
                pod.new_life(now, HOUR)
        pod.tcp(index, 150 * pod.step / 2, 150 * pod.step / 2, peers=peers)
        if leads:
            flow = pace * waves(pod, index, 14, .5) * pod.random.gauss(1, .1)
            pod.tcp(index, max(0, flow), max(0, flow * .3), initiated=.4, peers=8)


def cdn_client(pod):
    """Polls an API behind a content network, several times a second: the name stays, its addresses change all day."""
    edge = pod.new_addresses(pod.random.randint(150, 1200))
    scale, live = pod.random.uniform(8, 40), []
    probed(pod)
    for index in range(pod.count):
        if not live or pod.dice.random() < pod.step / 60:
            live = pod.dice.sample(edge, 4)
            pod.udp(index, 2, 45, 2, 180, peers=(DNS,))
        requests = poisson(pod.random, scale * waves(pod, index, 15, .3) * pod.step / 10)
        if requests:
            pod.tcp(index, requests * pod.random.gauss(1400, 150), requests * 9000, opened=max(1, requests // 8),
                    peers=live[:requests])


def downloader(pod):
    """Fetches a data set of three hundred megabytes every few hours and sends three kilobytes for it, besides what TCP
    acknowledges."""
    probed(pod)
    source, at = pod.new_addresses(2), pod.random.uniform(1, 3) * HOUR
    acked = pod.random.uniform(2, 40)  # segments: network cards join what belongs together
    while at < pod.seconds:
        size, length = pod.random.gauss(300e6, 15e6), pod.random.uniform(30, 150)
        for index, share in pod.spread(at, length):
            pod.tcp(index, 3000 * share, size * share, opened=int(index * pod.step <= at), peers=source,
                    acked=acked)
        at += pod.random.uniform(2, 6) * HOUR


def steady(pod):
    """A small shop: web pages of thirty kilobytes a second, day and night."""
    probed(pod)
    for index in range(pod.count):
        requests = poisson(pod.random, 30 * pod.step / 10)
        pod.tcp(index, requests * pod.random.gauss(10e3, 1e3), requests * 700, initiated=0, peers=min(requests, 20))
        pod.tcp(index, requests * 40, requests * 300, opened=int(pod.random.random() < .05))
    lookups(pod, .2)


ALL = (mesh_proxy, vpn_gateway, hpa, canary, consumer, websockets, crawler, runner, shipper, mirror, drained, flipper,
       cdn_client, downloader, steady)
