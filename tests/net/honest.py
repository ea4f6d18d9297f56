#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Honest clients of a plain HTTP port, for the monitor's tests.

    honest.py ADDRESS PORT PATH COUNT PER_SECOND [SOURCE]

COUNT requests, each on a connection of its own, as curl and Prometheus make them. Prints

    asked COUNT answered N slowest MILLISECONDS failures REASON=N,...

where N is of whole answers with status 200 within a second of the first packet."""
import collections
import socket
import sys
import time

PATIENCE_S = 1.0


def ask(to, path, source):
    """The seconds that the answer took. Raises OSError or ValueError without one."""
    begun = time.monotonic()
    answer = b""
    with socket.create_connection(to, PATIENCE_S, (source, 0) if source else None) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{to[1]}\r\nConnection: close\r\n\r\n".encode())
        while True:
            left = begun + PATIENCE_S - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            got = connection.recv(65536)
            if not got:
                break
            answer += got
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200") or not body:
        raise ValueError(head[9:12].decode() or "ended")
    return time.monotonic() - begun


def main():
    to, path = (sys.argv[1], int(sys.argv[2])), sys.argv[3]
    count, every = int(sys.argv[4]), 1 / float(sys.argv[5])
    source = sys.argv[6] if len(sys.argv) > 6 else None
    took, failures = [], collections.Counter()
    begun = time.monotonic()
    for i in range(count):
        time.sleep(max(0.0, begun + i * every - time.monotonic()))
        try:
            took.append(ask(to, path, source))
        except ValueError as error:
            failures[str(error)] += 1
        except OSError as error:
            failures[type(error).__name__] += 1
    reasons = ",".join(f"{name}={number}" for name, number in failures.items()) or "none"
    print(f"asked {count} answered {len(took)} slowest {max(took, default=0) * 1e3:.0f} failures {reasons}")


main()
