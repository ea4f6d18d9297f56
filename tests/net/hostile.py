#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that a plain HTTP port must survive, for the monitor's tests.

    hostile.py HOW ADDRESS PORT COUNT SECONDS SOURCE...

From each SOURCE it keeps COUNT connections and opens another for each that ends, for SECONDS or until SIGTERM. HOW is

    idle         says nothing
    drip         begins a request and adds a byte ten times a second
    renew        begins a request, resets it before a second has passed, and comes again
    half-closed  sends half a request and the end of its stream
    unread       asks for many pages and reads none
    reset        resets each connection as soon as it stands
    ask          asks for a page again and again as fast as it is answered
    syn          sends the first packet of handshakes only, from addresses of SOURCE's network that do not answer

Prints "here" when it has begun and in the end how many connections it opened."""
import collections
import errno
import selectors
import signal
import socket
import struct
import sys
import time

HEAD = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
AT_ONCE = struct.pack("ii", 1, 0)
DRIP_EVERY_S = 0.1
RENEW_AFTER_S = 0.7
# A process that waits for nothing else would take a whole processor from the machine under test.
OPENED_PER_SECOND_MAX = 1000


class Crowd:
    def __init__(self, how, address, port):
        self.how, self.to = how, (address, port)
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.selector = selectors.DefaultSelector()
        self.waiting = collections.deque()  # sources of connections to be opened
        self.sources = {}  # connection: its source
        self.standing = {}  # connection: when it stood
        self.opened = 0
        self.begun = time.monotonic()

    def knock(self):
        source = self.waiting.popleft()
        connection = socket.socket(self.family)
        connection.setblocking(False)
        if self.how == "unread":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        connection.bind((source, 0))
        if connection.connect_ex(self.to) not in (0, errno.EINPROGRESS):
            connection.close()
            self.waiting.append(source)
            return False
        self.opened += 1
        self.sources[connection] = source
        self.selector.register(connection, selectors.EVENT_WRITE)
        return True

    def end(self, connection, reset=False):
        source = self.sources.pop(connection)
        self.standing.pop(connection, None)
        try:
            self.selector.unregister(connection)
        except KeyError:
            pass
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        connection.close()
        self.waiting.append(source)

    def stands(self, connection):
        """What it says first."""
        if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError("refused")
        self.standing[connection] = time.monotonic()
        self.selector.modify(connection, selectors.EVENT_READ)
        if self.how == "reset":
            self.end(connection, reset=True)
        elif self.how in ("drip", "renew"):
            connection.send(HEAD)
        elif self.how == "half-closed":
            connection.send(HEAD)
            connection.shutdown(socket.SHUT_WR)
        elif self.how == "ask":
            connection.send(HEAD + b"\r\n")
        elif self.how == "unread":
            connection.send((HEAD + b"\r\n") * 40)
            self.selector.unregister(connection)

    def is_readable(self, connection):
        got = connection.recv(65536)
        if not got:
            raise OSError("ended")
        if self.how == "ask" and got.endswith(b"\n") and b"# TYPE process_max_fds" in got:
            connection.send(HEAD + b"\r\n")

    @staticmethod
    def is_open(connection):
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1

    def timers(self, now):
        for connection, since in list(self.standing.items()):
            try:
                if self.how == "drip":
                    connection.send(b"x")
                if self.how == "renew" and now - since > RENEW_AFTER_S:
                    self.end(connection, reset=True)
                if self.how == "unread" and not self.is_open(connection):
                    self.end(connection)
            except OSError:
                self.end(connection)

    def step(self):
        budget = (time.monotonic() - self.begun + 0.25) * OPENED_PER_SECOND_MAX - self.opened
        for _ in range(min(len(self.waiting), max(0, int(budget)))):
            if not self.knock():
                break
        for key, events in self.selector.select(.02):
            try:
                if events & selectors.EVENT_WRITE and key.fileobj not in self.standing:
                    self.stands(key.fileobj)
                elif events & selectors.EVENT_READ:
                    self.is_readable(key.fileobj)
            except BlockingIOError:
                pass
            except (OSError, ValueError):
                self.end(key.fileobj)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Clock:
    """Runs out after so many seconds, or at SIGTERM."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_):
        self.end = 0

    def runs(self):
        return time.monotonic() < self.end


def syn(address, port, source, clock):
    """IPv4 only. The kernel of the test has static neighbours for the addresses."""
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    sent = 0
    prefix = source.rsplit(".", 1)[0]
    while clock.runs():
        for host in range(100, 200):
            pair = socket.inet_aton(f"{prefix}.{host}") + socket.inet_aton(address)
            tcp = struct.pack("!HHIIBBHHH", 10000 + sent % 50000, port, sent, 0, 5 << 4, 2, 64000, 0, 0)
            total = checksum(pair + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(tcp)) + tcp)
            tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, socket.IPPROTO_TCP, 0) + pair
            raw.sendto(ip + tcp, (address, 0))
            sent += 1
        time.sleep(0.025)
    return sent


def main():
    how, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    count, clock = int(sys.argv[4]), Clock(float(sys.argv[5]))
    print("here", flush=True)
    if how == "syn":
        print("opened", syn(address, port, sys.argv[6], clock))
        return
    crowd = Crowd(how, address, port)
    for source in sys.argv[6:]:
        crowd.waiting.extend([source] * count)
    timers_at = 0
    while clock.runs():
        crowd.step()
        if (now := time.monotonic()) >= timers_at:
            crowd.timers(now)
            timers_at = now + DRIP_EVERY_S
    print("opened", crowd.opened)


main()
