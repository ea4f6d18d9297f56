#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How late a monitor takes its samples, seen from outside: nothing in it is changed.

    late.py PID SECONDS

The kernel tells of a process's timer, in /proc/PID/fdinfo, the interval and the time until it expires next
(proc_pid_fdinfo(5), timerfd). Until the process has read an expiry, that time is 0. So this looks, from the moment of
each expiry on, every tenth of a millisecond whether it was read. A second process does nothing but sleep until the same
moments, half an interval later: how late that one is, the machine makes everybody.

Meanwhile both have a real-time priority, and this one a higher: what delays them then is the process's own work and the
kernel's, and not that other programs want the processors too, those of the attackers among them. Since Linux 6.12 they
get a twentieth all the same (the fair server, sched/deadline.c); what the process waits for that is left out, as
/proc/PID/schedstat tells it. Prints "looking" when it has begun, and in the end

    samples N late MILLISECONDS most MILLISECONDS machine MILLISECONDS most MILLISECONDS

where late is the 99th percentile of the monitor, and machine that of the other process."""
import math
import os
import re
import sys
import time

LOOK_EVERY_S = 0.0001
LOOKS, LOOKED_AT = 2, 1  # real-time priorities
TIMER = re.compile(rb"it_value: \((\d+), (\d+)\)\s+it_interval: \((\d+), (\d+)\)")


def seconds(whole, nano):
    return int(whole) + int(nano) * 1e-9


class Timer:
    """The one timer of the process that expires again and again."""

    def __init__(self, pid):
        for fd in os.listdir(f"/proc/{pid}/fd"):
            if os.readlink(f"/proc/{pid}/fd/{fd}") != "anon_inode:[timerfd]":
                continue
            self.file = os.open(f"/proc/{pid}/fdinfo/{fd}", os.O_RDONLY)
            _, self.interval = self.look()
            if self.interval > 0:
                return
            os.close(self.file)
        sys.exit(f"late: process {pid} has no timer with an interval")

    def look(self):
        """(seconds until it expires, 0 if it has and nobody has read that; its interval)"""
        found = TIMER.search(os.pread(self.file, 1000, 0))
        return seconds(*found.group(1, 2)), seconds(*found.group(3, 4))

    def expires(self):
        """The moment at which it expires next, or a little later, never before: a look told the time left at
        some moment before it returned, so of several the earliest is the nearest."""
        moment, looks, before = math.inf, 0, math.inf
        while looks < 20:
            left, _ = self.look()
            if 0 < left < before:
                moment, looks = min(moment, time.monotonic() + left), looks + 1
            else:
                moment, looks = math.inf, 0  # it has expired meanwhile
                time.sleep(LOOK_EVERY_S)
            before = left if left > 0 else math.inf
        return moment


def prefer(pid, priority):
    """0: as it was before."""
    try:
        os.sched_setscheduler(pid, os.SCHED_FIFO if priority else os.SCHED_OTHER, os.sched_param(priority))
    except PermissionError:
        sys.exit("late: may not set real-time priorities (CAP_SYS_NICE)")


def sleep_until(moment):
    time.sleep(max(0.0, moment - time.monotonic()))


def monitor_late(pid, timer, moment, end):
    schedstat = os.open(f"/proc/{pid}/schedstat", os.O_RDONLY)
    # Seconds that the process was runnable and had no processor (proc(5)).
    waited = lambda: int(os.pread(schedstat, 100, 0).split()[1]) * 1e-9
    late = []
    while moment < end:
        sleep_until(moment)
        before = waited()
        while timer.look()[0] == 0 and time.monotonic() < end:
            time.sleep(LOOK_EVERY_S)
        took = time.monotonic() - moment
        late.append(max(0.0, took - (waited() - before)))
        # What expired meanwhile was read with it, and is no sample.
        moment += timer.interval * (1 + int(max(0.0, took) / timer.interval))
    return late


def machine_late(interval, moment, end):
    late = []
    while moment < end:
        sleep_until(moment)
        late.append(time.monotonic() - moment)
        moment += interval
    return late


def summary(late):
    """Milliseconds: the 99th percentile, and the most."""
    late.sort()
    return f"{late[math.ceil(len(late) * 0.99) - 1] * 1e3:.2f} most {late[-1] * 1e3:.2f}"


def main():
    pid = int(sys.argv[1])
    timer = Timer(pid)
    prefer(0, LOOKS)
    moment = timer.expires()
    end = moment + float(sys.argv[2])
    told, tell = os.pipe()
    if os.fork() == 0:
        prefer(0, LOOKED_AT)
        os.write(tell, summary(machine_late(timer.interval, moment + timer.interval / 2, end)).encode())
        os._exit(0)
    os.close(tell)
    prefer(pid, LOOKED_AT)
    print("looking", flush=True)
    try:
        late = monitor_late(pid, timer, moment, end)
    finally:
        prefer(pid, 0)
    print(f"samples {len(late)} late {summary(late)} machine {os.read(told, 100).decode()}")
    os.wait()


main()
