#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients with bad manners, for the injector's tests.

    rude.py PORT silent|half-hello|drip-head|drip-body [COUNT]
    rude.py PORT hold COUNT SECONDS
    rude.py PORT large COUNT SECONDS

The first open COUNT connections and print the seconds until the server closed the last of
them. `hold` keeps COUNT connections open with nothing on them and prints how many are
still open after SECONDS; `large` sends COUNT bodies of 3 MiB but for their last bytes and
prints the statuses that came before those, then holds for SECONDS.
"""
import socket
import ssl
import sys
import time

PATIENCE = 60
HEAD = (b"POST /inject HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n")


def plain(port):
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def over_tls(port):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain(port))


def closed(connection, wait):
    """Whether the server has closed it; waits at most so many seconds."""
    connection.settimeout(wait)
    try:
        return connection.recv(4096) == b""
    except (TimeoutError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


def silent(port):
    return plain(port), b""


def half_hello(port):
    connection = plain(port)
    connection.sendall(bytes.fromhex("16030100c8010000c40303") + b"x" * 60)
    return connection, b""


def drip_head(port):
    connection = over_tls(port)
    connection.sendall(b"POST /inject HTTP/1.1\r\nHost: localhost\r\n")
    return connection, b"X-Drip: x\r\n"


def drip_body(port):
    connection = over_tls(port)
    connection.sendall(HEAD % 100000 + b"{")
    return connection, b" "


def until_closed(port, begin, count):
    connections = [begin(port) for _ in range(count)]
    start = time.monotonic()
    while connections and time.monotonic() - start < PATIENCE:
        left = []
        for connection, drop in connections:
            try:
                connection.sendall(drop)
                if not closed(connection, 0.05):
                    left.append((connection, drop))
            except OSError:
                pass
        connections = left
        time.sleep(0.1)
    print(f"{time.monotonic() - start:.1f}")


def hold(port, count, seconds):
    connections = []
    for _ in range(count):
        try:
            connections.append(over_tls(port))
        except OSError:
            pass
    print("holding", flush=True)
    time.sleep(seconds)
    print(sum(not closed(c, 0.05) for c in connections))


def large(port, count, seconds):
    connections = [over_tls(port) for _ in range(count)]
    size = 3 << 20
    statuses = []
    for connection in connections:
        try:
            connection.sendall(HEAD % size + b" " * (size - 16))
        except OSError:
            pass
        connection.settimeout(1)
        try:
            statuses.append(connection.recv(4096).decode().split()[1])
        except (TimeoutError, IndexError):
            statuses.append("waits")
        except OSError:
            statuses.append("closed")
    print(*statuses, flush=True)
    time.sleep(seconds)


def main():
    port, how = int(sys.argv[1]), sys.argv[2]
    if how == "hold":
        hold(port, int(sys.argv[3]), float(sys.argv[4]))
    elif how == "large":
        large(port, int(sys.argv[3]), float(sys.argv[4]))
    else:
        begin = {"silent": silent, "half-hello": half_hello, "drip-head": drip_head,
                 "drip-body": drip_body}[how]
        until_closed(port, begin, int(sys.argv[3]) if len(sys.argv) > 3 else 1)


main()
