#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A crowd at a server's door, for the injector's tests.

    crowd.py ADDRESS PORT silent|half-hello|handshake|request COUNT SECONDS SOURCE...

From each SOURCE it keeps COUNT connections open and opens another whenever one is cut, as fast as it can, for SECONDS.
silent: nothing is ever sent; half-hello: the beginning of a TLS handshake; handshake: the whole of it, then nothing;
request: the whole of it and half a request, which is reset before a second has passed.
Prints "crowding" when it has begun and in the end how many connections it opened."""
import errno
import selectors
import socket
import ssl
import struct
import sys
import time

HALF_REQUEST = b"POST /inject HTTP/1.1\r\nHost: localhost\r\n"
RENEW_AFTER_S = 0.7
HALF_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40)


class Crowd:
    def __init__(self, address, port, how):
        self.to, self.how = (address, port), how
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.selector = selectors.DefaultSelector()
        self.opened = 0
        self.asked = {}  # connection: when it has sent half a request
        self.context = ssl.create_default_context()
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE

    def knock(self, source):
        connection = socket.socket(self.family)
        connection.setblocking(False)
        connection.bind((source, 0))
        if connection.connect_ex(self.to) not in (0, errno.EINPROGRESS):
            connection.close()
            return
        self.opened += 1
        self.selector.register(connection, selectors.EVENT_WRITE, source)

    def connected(self, key):
        """What it says first."""
        connection = key.fileobj
        if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError("refused")
        if self.how == "half-hello":
            connection.send(HALF_HELLO)
        if self.how in ("handshake", "request"):
            self.selector.unregister(connection)
            connection = self.context.wrap_socket(connection, do_handshake_on_connect=False)
            self.selector.register(connection, selectors.EVENT_READ, key.data)
            self.shake(connection)
            return
        self.selector.modify(connection, selectors.EVENT_READ, key.data)

    def shake(self, connection):
        try:
            connection.do_handshake()
            if self.how == "request" and connection not in self.asked:
                self.asked[connection] = time.monotonic()
                connection.send(HALF_REQUEST)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass

    def heard(self, connection):
        """False when it has been cut."""
        try:
            if self.how in ("handshake", "request"):
                self.shake(connection)
            return bool(connection.recv(4096))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True

    def renew(self):
        """Resets the requests that would soon be taken for slow."""
        for connection in [one for one, since in self.asked.items() if time.monotonic() - since > RENEW_AFTER_S]:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.again(connection, self.selector.get_key(connection).data)

    def again(self, connection, source):
        self.asked.pop(connection, None)
        try:
            self.selector.unregister(connection)
        except (KeyError, ValueError):
            pass
        connection.close()
        self.knock(source)

    def step(self):
        self.renew()
        for key, events in self.selector.select(.05):
            try:
                if events & selectors.EVENT_WRITE:
                    self.connected(key)
                    continue
                if self.heard(key.fileobj):
                    continue
            except (OSError, ValueError):
                pass
            self.again(key.fileobj, key.data)


def main():
    address, port, how, count, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5])
    end = time.monotonic() + seconds
    crowd = Crowd(address, port, how)
    for source in sys.argv[6:]:
        for _ in range(count):
            crowd.knock(source)
    print("crowding", flush=True)
    while time.monotonic() < end:
        crowd.step()
    print("opened", crowd.opened)


if __name__ == "__main__":
    main()
