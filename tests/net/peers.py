#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""peers.py - sockets that hide or show where a pod's traffic goes.

    peers.py udp-decoys ADDRESS COUNT       connects COUNT UDP sockets, sends nothing
    peers.py lookups ADDRESS PORT COUNT     COUNT UDP sockets, one datagram each, closed
    peers.py datagrams ADDRESS COUNT        COUNT datagrams on one socket, not connected
    peers.py attempts ADDRESS PORT COUNT S  COUNT connections that are given up after S
                                            seconds, without waiting for an answer
    peers.py drip ADDRESS PORT COUNT        COUNT connections; sends a byte on each, over
                                            and over
    peers.py answer PORT COUNT              waits to be spoken to, connects to who did, and
                                            answers with COUNT datagrams

Decoys count up in the last bytes of the address. "ready" on stdout, and it goes on until
stdin ends; those that come to an end by themselves print "done".
"""
import ipaddress
import socket
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
     "attempts": attempts, "drip": drip, "answer": answer}[sys.argv[1]](*sys.argv[2:])
    print("done", flush=True)
