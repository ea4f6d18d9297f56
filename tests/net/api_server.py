#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An API server that knows its version and nothing else, and the name server that knows it.

    api_server.py CERTIFICATE KEY NAME

Listens on 127.0.0.1: HTTPS on port 6443; DNS on port 53 by UDP, which answers every question for
an IPv4 address of NAME with 127.0.0.1. Prints "ready", then each path that is asked for and
"dns NAME" for each question. Ends by a signal.
"""

import http.server
import json
import socket
import ssl
import sys
import threading


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        known = self.path == "/version"
        answer = {"major": "1", "minor": "31"} if known else {"message": "not here"}
        body = json.dumps(answer).encode()
        print(self.path, flush=True)
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def answer(question, name):
    """The answer to a query: the header, its question, and one address if it asks for one."""
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    kind = int.from_bytes(question[at + 1 : at + 3], "big")
    asked = ".".join(labels)
    print("dns", asked, flush=True)
    found = asked == name and kind == 1
    head = question[:2] + b"\x81\x80" + b"\0\1" + (b"\0\1" if found else b"\0\0") + b"\0\0\0\0"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton("127.0.0.1")
    return head + question[12 : at + 5] + (record if found else b"")


def serve_names(name):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        question, client = server.recvfrom(512)
        server.sendto(answer(question, name), client)


def main():
    certificate, key, name = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 6443), Api)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=serve_names, args=(name,), daemon=True).start()
    print("ready", flush=True)
    server.serve_forever()


main()
