# SPDX-License-Identifier: Apache-2.0
"""Which life is alone for how long, and which meets which attack.

The set `base` is held to its targets by test_quality.sh. The set `all` has that and more, written from how programs
behave and not from what the detector can do: it says how much is still to be done."""
from collections import namedtuple
from random import Random

import attacks
import attacks_low
import attacks_relay
import attacks_timed
import lives
import lives_calendar
import lives_services
from lives import backend, builder, exporter, frontend, mute, pusher, replica, rollout, sleeper, watcher, worker
from lives_services import cdn_client, consumer, crawler, runner, shipper, steady, websockets
from traffic import COLUMNS, HOUR, MINUTE, TWO_COLUMNS

# `start` is seconds after the trace's beginning, `tier` replaces the attack's own.
Scenario = namedtuple("Scenario", "name life attack start days step columns set tier", defaults=("base", None))


def base(seed):
    random = Random(f"scenarios {seed}")
    later = lambda: random.uniform(14, 20) * HOUR
    for life in lives.ALL:
        yield Scenario(f"{life.__name__}-alone", life, None, 0, 3, 10, COLUMNS)
        yield Scenario(f"{life.__name__}-alone-minutely", life, None, 0, 2, 60, TWO_COLUMNS)
        yield Scenario(f"{life.__name__}-alone-coarse", life, None, 0, 5, 300, TWO_COLUMNS)
    for life in lives.QUIET:
        for attack in attacks.CORE:
            yield Scenario(f"{life.__name__}-{attack.__name__}", life, attack, later(), 1, 10, COLUMNS)
        for attack in attacks.HIDDEN_IN_QUIET:
            start = random.uniform(11, 13) * HOUR
            yield Scenario(f"{life.__name__}-{attack.__name__}", life, attack, start, 1, 10, COLUMNS)
    for life in lives.BUSY:
        for attack in (attacks.proxyware, attacks.theft, attacks.scan, attacks.flood):
            yield Scenario(f"{life.__name__}-{attack.__name__}", life, attack, later(), 1, 10, COLUMNS)
    for life in (backend, replica):
        for attack in attacks.HIDDEN_IN_BUSY:
            yield Scenario(f"{life.__name__}-{attack.__name__}", life, attack, later(), 1, 10, COLUMNS)
    for attack in (attacks.proxyware, attacks.seeding, attacks.theft, attacks.scan, attacks.flood):
        start = random.uniform(6, 40) * MINUTE
        yield Scenario(f"sleeper-{attack.__name__}-young", sleeper, attack, start, .5, 10, COLUMNS)


def alone():
    """Enough days of each life that one false alert is not yet more than the worst life may have."""
    for life in lives.ALL:
        yield life, 14, 60, COLUMNS
    for life in lives_services.ALL:
        yield life, 4, 10, COLUMNS
        yield life, 10, 60, COLUMNS
        yield life, 10, 300, TWO_COLUMNS
    for life in lives_calendar.ALL:
        yield life, 6 * 7, 60, COLUMNS
        yield life, 14 * 7, 300, TWO_COLUMNS


# Attacks, the lives that they meet, the hours after which they begin, the days that the trace has, the tier if it
# is not the attack's own.
A_DAY = ((14, 20), 1, None)
MEETINGS = (
    ((attacks_low.drip,), (mute, sleeper), (14, 20), 4, None),
    ((attacks_low.slow_scan,), (sleeper, watcher), (14, 20), 2.7, None),
    ((attacks_low.heartbeat, attacks_low.thin_miner), (mute, sleeper, watcher, pusher), (11, 13), 1, None),
    ((attacks_low.slow_tunnel,), (sleeper, watcher, frontend), *A_DAY),
    ((attacks_relay.socks, attacks_relay.reverse_socks, attacks_relay.tor_relay, attacks_relay.proxied_downloads),
     (sleeper, watcher, frontend), *A_DAY),
    ((attacks_relay.socks, attacks_relay.proxied_downloads), (backend, consumer), (14, 20), 1, "hard"),
    ((attacks_relay.torrent, attacks_relay.spam), (mute, watcher, steady), *A_DAY),
    ((attacks_timed.syn_flood, attacks_timed.udp_flood, attacks_timed.connect_scan, attacks_timed.raw_scan),
     (sleeper, watcher, steady, consumer), *A_DAY),
    ((attacks_timed.surge,), (backend, frontend, worker, steady, replica), (8, 12), 1, None),
    ((attacks_timed.tenth_an_hour,), (sleeper, watcher, backend), (14, 20), 4, None),
    ((attacks_timed.siphon,), (consumer, worker, frontend), *A_DAY),
    ((attacks_timed.during_work,), (exporter, lives_calendar.varied, runner, builder), (0, 0), 5, None),
    ((attacks_timed.behind_step_soon, attacks_timed.behind_step_later, attacks_timed.behind_step_late,
      attacks_timed.scan_behind_step), (sleeper, pusher), (11, 13), 1, None),
    ((attacks_timed.chain,), (sleeper,), (8, 10), 1, None),
    ((attacks_timed.broken_chain,), (watcher,), (8, 10), 1.2, None),
    ((attacks_timed.poison,), (mute, sleeper, watcher), (0, 0), 4, None),
    ((attacks.theft, attacks.proxyware, attacks.scan, attacks.flood),
     (consumer, websockets, runner, shipper, cdn_client, steady), *A_DAY),
    ((attacks.theft, attacks.proxyware, attacks.flood), (crawler,), *A_DAY),
)
MINUTELY = (attacks.theft, attacks.proxyware, attacks.scan, attacks.seeding, attacks_relay.socks,
            attacks_relay.reverse_socks, attacks_relay.torrent, attacks_timed.udp_flood, attacks_timed.connect_scan)
YOUNG_MINUTES = (2, 5, 10, 20, 30)


def more(seed):
    random = Random(f"more scenarios {seed}")
    for life, days, step, columns in alone():
        yield Scenario(f"{life.__name__}-alone-{days}d-{step}s", life, None, 0, days, step, columns, "more")
    for which, hosts, (earliest, latest), days, tier in MEETINGS:
        for attack in which:
            for life in hosts:
                start = random.uniform(earliest, latest) * HOUR
                yield Scenario(f"{life.__name__}-{attack.__name__}", life, attack, start, days, 10, COLUMNS, "more", tier)
    for attack in MINUTELY:
        for life in (watcher, steady):
            start = random.uniform(14, 20) * HOUR
            yield Scenario(f"{life.__name__}-{attack.__name__}-minutely", life, attack, start, 1, 60, COLUMNS, "more")
    for minutes in YOUNG_MINUTES:
        for life in (steady, sleeper):
            yield Scenario(f"{life.__name__}-first_hour-{minutes}m", life, attacks_timed.first_hour, minutes * MINUTE, .5,
                           10, COLUMNS, "more")
    for number in range(3):
        start = random.uniform(2, 8) * MINUTE
        yield Scenario(f"rollout-during_rollout-{number}", rollout, attacks_timed.during_rollout, start, .5, 10, COLUMNS,
                       "more")


def scenarios(which, seed):
    yield from base(seed)
    if which == "all":
        yield from more(seed)
