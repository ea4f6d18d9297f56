#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""paced.py - a web server that answers slowly, so that what relays it cannot fetch all at once.

paced.py PORT BYTES_A_SECOND SECONDS     answers each GET with so much, in tenths of a second
"""
import http.server
import sys
import time

PORT, RATE, SECONDS = (int(argument) for argument in sys.argv[1:4])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(RATE // 10 * SECONDS * 10))
        self.end_headers()
        begin = time.monotonic()
        for tenth in range(SECONDS * 10):
            time.sleep(max(0, begin + tenth / 10 - time.monotonic()))
            self.wfile.write(bytes(RATE // 10))


http.server.ThreadingHTTPServer(("", PORT), Handler).serve_forever()
