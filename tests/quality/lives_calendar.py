# SPDX-License-Identifier: Apache-2.0
"""Pods that are quiet but for a job, over weeks: the calendar says when it runs. The first run is marked as new, where
sizes vary the first three: the others are ordinary."""
from lives import lookups, poisson, probed, waves
from traffic import DAY, HOUR, MINUTE


def job(pod, at, size, seconds, new=False):
    """A dump sent away on one connection."""
    for index, share in pod.spread(at, seconds):
        pod.tcp(index, size * share, size * share * .004, opened=int(index == pod.indexes(at, 1)[0]))
    pod.work.append((at, seconds, size))
    if new:
        pod.new_life(at, seconds)


def by_day(pod, runs, size, length):
    """The job on each day for which `runs(day of the trace, Unix day)` is not None: hours after midnight."""
    probed(pod)
    times = 0
    for day in range(int(pod.seconds / DAY)):
        hours = runs(day, pod.start // DAY + day)
        if hours is not None:
            at = day * DAY + hours * HOUR + pod.random.uniform(0, 60)
            job(pod, at, size * pod.random.gauss(1, .07), length * pod.random.uniform(.9, 1.1), times == 0)
            times += 1


def moved_nightly(pod):
    """A nightly export in local time: an hour earlier by UTC once the clocks have changed."""
    hour, change = pod.random.uniform(2, 5), pod.random.randint(12, 25)
    by_day(pod, lambda day, _: hour - (day >= change), pod.random.uniform(20e6, 90e6), pod.random.uniform(2, 10) * MINUTE)


def weekdays_nightly(pod):
    """An export after each working day, none on weekends."""
    hour = pod.random.uniform(18, 23)
    by_day(pod, lambda _, date: hour if date % 7 not in (2, 3) else None, pod.random.uniform(20e6, 90e6),
           pod.random.uniform(2, 10) * MINUTE)


def missed_nightly(pod):
    """A nightly export that fails to start now and then."""
    hour = pod.random.uniform(1, 5)
    by_day(pod, lambda *_: hour if pod.random.random() < .7 else None, pod.random.uniform(20e6, 90e6),
           pod.random.uniform(2, 10) * MINUTE)


def weekly(pod):
    """A full backup each weekend."""
    hour, date = pod.random.uniform(0, 6), pod.random.choice((2, 3))
    by_day(pod, lambda _, today: hour if today % 7 == date else None, pod.random.uniform(300e6, 2e9),
           pod.random.uniform(15, 60) * MINUTE)


def each_13_days(pod):
    """A job that somebody set to every thirteenth day: keys are rotated, and all is sent anew."""
    hour, first = pod.random.uniform(0, 23), pod.random.randint(1, 8)
    by_day(pod, lambda day, _: hour if day % 13 == first else None, pod.random.uniform(50e6, 400e6),
           pod.random.uniform(5, 30) * MINUTE)


def month_end(pod):
    """The books are closed each thirty or thirty-one days: reports go out all evening."""
    probed(pod)
    at, times = pod.random.uniform(2, 25) * DAY, 0
    at = at // DAY * DAY + pod.random.uniform(14, 18) * HOUR
    while at < pod.seconds:
        job(pod, at, pod.random.uniform(.5e9, .7e9), pod.random.uniform(3, 5) * HOUR, times == 0)
        at += pod.random.choice((30, 31)) * DAY
        times += 1


def varied(pod):
    """A job each few hours whose result is a third or three times the size of the one before."""
    probed(pod)
    middle, at, times = pod.random.uniform(10e6, 60e6), pod.random.uniform(.5, 3) * HOUR, 0
    while at < pod.seconds:
        size = middle * 3 ** pod.random.uniform(-.5, .5)
        job(pod, at, size, max(20, size / 1e6 * pod.random.uniform(.5, 2)), times < 3)
        at += pod.random.uniform(3, 7) * HOUR
        times += 1


def holiday(pod):
    """An office's document server: ordinary weeks, then everybody is away for days, then ordinary weeks again."""
    probed(pod)
    peak, scale = pod.random.uniform(11, 14), pod.random.uniform(10, 60)
    leave = pod.seconds * pod.random.uniform(.3, .45)
    back = leave + pod.random.uniform(5, 10) * DAY
    for index in range(pod.count):
        away = .005 if leave <= index * pod.step < back else 1
        requests = poisson(pod.random, away * scale * waves(pod, index, peak, .02) * pod.step / 10)
        pod.tcp(index, requests * pod.random.gauss(15e3, 2e3), requests * 2500, initiated=0, peers=min(requests, 30))
        pod.tcp(index, requests * 60, requests * 400, opened=int(requests > 0 and pod.random.random() < .1))
    lookups(pod, .05)


ALL = (moved_nightly, weekdays_nightly, missed_nightly, weekly, each_13_days, month_end, varied, holiday)
