#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""peers.py - sockets that hide or show where a pod's traffic goes.

    peers.py udp-decoys ADDRESS COUNT       connects COUNT UDP sockets, sends nothing
    peers.py lookups ADDRESS PORT COUNT     COUNT UDP sockets, one datagram each, closed
    peers.py datagrams ADDRESS COUNT        COUNT datagrams on one socket, not connected
    peers.py attempts ADDRESS PORT COUNT S  COUNT connections that are given up after S
                                            seconds, without waiting for an answer
    peers.py refused HOW ADDRESS PORT COUNT connects to COUNT addresses that refuse or do not
                                            answer. HOW: "waiting" in connect(), "polled", or
                                            "again" with one and the same socket
    peers.py reset ADDRESS PORT COUNT       COUNT connections, reset by this side
    peers.py half-open FROM ADDRESS PORT COUNT
                                            COUNT SYNs from sockets that do not exist, so
                                            that the kernel resets what is answered
    peers.py drip ADDRESS PORT COUNT        COUNT connections; sends a byte on each, over
                                            and over
    peers.py answer PORT COUNT              waits to be spoken to, connects to who did, and
                                            answers with COUNT datagrams

Decoys count up in the last bytes of the address. "ready" on stdout, and it goes on until
stdin ends; those that come to an end by themselves print "done".
"""
import ipaddress
import select
import socket
import struct
import sys
import time


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def up_from(address, count):
    first = ipaddress.ip_address(address)
    return [str(first + i) for i in range(count)]


def connected(address, port, kind):
    s = socket.socket(family(address), kind)
    s.connect((address, port))
    return s


def until_stdin_ends():
    print("ready", flush=True)
    sys.stdin.read()


def udp_decoys(address, count):
    decoys = [connected(a, 9, socket.SOCK_DGRAM) for a in up_from(address, int(count))]
    until_stdin_ends()
    return decoys


def lookups(address, port, count):
    for a in up_from(address, int(count)):
        with connected(a, int(port), socket.SOCK_DGRAM) as s:
            s.send(b"who is it?")


def datagrams(address, count):
    with socket.socket(family(address), socket.SOCK_DGRAM) as s:
        for _ in range(int(count)):
            s.sendto(b"x", (address, 7000))


def attempts(address, port, count, seconds):
    kept = []
    for _ in range(int(count)):
        s = socket.socket(family(address))
        s.setblocking(False)
        s.connect_ex((address, int(port)))
        kept.append((time.monotonic() + float(seconds), s))
        while kept and kept[0][0] <= time.monotonic():
            kept.pop(0)[1].close()
        time.sleep(0.0005)
    time.sleep(float(seconds))
    for _, s in kept:
        s.close()


def try_waiting(s, address):
    try:
        s.connect(address)
    except OSError:
        return
    sys.exit(f"{address} accepts")


def try_polled(s, address):
    s.setblocking(False)
    s.connect_ex(address)
    select.select([], [s], [], 30)
    if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
        sys.exit(f"{address} accepts")


def try_socket(address):
    s = socket.socket(family(address))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
    return s


def refused(how, address, port, count):
    attempt = try_polled if how == "polled" else try_waiting
    again = try_socket(address)
    for a in up_from(address, int(count)):
        if how == "again":
            attempt(again, (a, int(port)))
            continue
        with try_socket(a) as s:
            attempt(s, (a, int(port)))


def reset(address, port, count):
    for _ in range(int(count)):
        s = connected(address, int(port), socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()


def half_open(source, address, port, count):
    ends = socket.inet_aton(source) + socket.inet_aton(address)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as s:
        for i in range(int(count)):
            head = struct.pack("!HHIIBBH", 2000 + i, int(port), 1000 * i, 0, 5 << 4, 2, 65535)
            whole = ends + struct.pack("!HH", socket.IPPROTO_TCP, 20) + head + bytes(4)
            total = sum(struct.unpack(f"!{len(whole) // 2}H", whole))
            total = (total & 0xFFFF) + (total >> 16)
            total = (total & 0xFFFF) + (total >> 16)
            s.sendto(head + struct.pack("!HH", total ^ 0xFFFF, 0), (address, 0))


def drip(address, port, count):
    kept = [connected(a, int(port), socket.SOCK_STREAM) for a in up_from(address, int(count))]
    print("ready", flush=True)
    while True:
        for s in kept:
            s.send(b"x")
        time.sleep(0.2)


def answer(port, count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", int(port)))
    print("ready", flush=True)
    _, peer = s.recvfrom(100)
    s.connect(peer)
    for _ in range(int(count)):
        s.send(b"x" * 1200)
        time.sleep(0.0005)
    print("answered", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    {"udp-decoys": udp_decoys, "lookups": lookups, "datagrams": datagrams,
     "attempts": attempts, "refused": refused, "reset": reset, "half-open": half_open,
     "drip": drip, "answer": answer}[sys.argv[1]](*sys.argv[2:])
    print("done", flush=True)
