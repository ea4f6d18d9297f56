#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server with Prometheus' API that fails and lies as no real one can be made to.

    prometheus_liar.py PORT

Listens on 127.0.0.1. The first part of a path says how it answers: /MODE/api/v1/... Prints "ready",
then a line for each question: MODE, and the path behind it. Ends by a signal.

Honest modes: "good" has two pods of a sidecar, "crowd-N" has N pods of the kubelet. They answer
each question, of any span and step, as Prometheus would. The others do so until one kind of
question, which they answer as their name says: see LIES.
"""

import functools
import http.server
import json
import re
import sys
import threading
import time
import urllib.parse

OWN = {
    "dormouse_network_transmit_bytes_total": 300,
    "dormouse_network_transmit_packets_total": 2,
    "dormouse_network_receive_bytes_total": 200,
    "dormouse_network_receive_packets_total": 2,
    "dormouse_tcp_transmit_bytes_total": 250,
    "dormouse_tcp_initiated_transmit_bytes_total": 20,
    "dormouse_tcp_connections_opened_total": 0.01,
}
KUBELET = {
    f"container_network_{way}_{what}_total": rate
    for way, what, rate in [
        ("transmit", "bytes", 300),
        ("transmit", "packets", 2),
        ("receive", "bytes", 200),
        ("receive", "packets", 2),
    ]
}


def value(rate, now):
    """A counter that rises a little more by day than by night."""
    minute = int(now) // 60
    return int(rate * 60 * (minute % 10_000_000) + (rate * 5) * (minute % 7))


@functools.lru_cache(maxsize=64)
def points(rate, start, end, step):
    """The points of a series as text; the same for all pods, because a crowd has many."""
    count = int((end - start) / step) + 1
    times = (start + i * step for i in range(count))
    return ",".join(f'[{now:g},"{value(rate, now)}"]' if now % 1 else f'[{int(now)},"{value(rate, now)}"]' for now in times)


def success(data, extra=""):
    return f'{{"status":"success",{extra}"data":{data}}}'


def series(labels, values):
    return f'{{"metric":{json.dumps(labels)},"values":[{values}]}}'


def matrix(all_series, extra=""):
    return success(f'{{"resultType":"matrix","result":[{",".join(all_series)}]}}', extra)


def pods_of(mode):
    """The pods' names, and whether they have sidecars."""
    crowd = re.fullmatch(r"crowd-(\d+)", mode)
    if crowd:
        return [f"crowd-7d9f8c6b5-{n:05d}".translate(str.maketrans("013", "xzw")) for n in range(int(crowd[1]))], False
    return ["reports-7d9f8c6b5-aaaaa".replace("a", "b"), "reports-7d9f8c6b5-ccccc"], True


def answer_series(mode, query):
    selector = query["match[]"][0].split("{")[0]
    names, own = pods_of(mode)
    wanted = "dormouse_network_transmit_bytes_total" if own else "container_network_transmit_bytes_total"
    if selector == wanted:
        return success(json.dumps([{"__name__": wanted, "namespace": "shop", "pod": name} for name in names]))
    if selector == "kube_pod_owner":
        owner = {"owner_kind": "ReplicaSet", "owner_name": "reports-7d9f8c6b5", "owner_is_controller": "true"}
        return success(json.dumps([{"namespace": "shop", "pod": name} | owner for name in names] if own else []))
    if selector == "kube_replicaset_owner":
        owner = {"owner_kind": "Deployment", "owner_name": "reports", "owner_is_controller": "true"}
        return success(json.dumps([{"namespace": "shop", "replicaset": "reports-7d9f8c6b5"} | owner]))
    return success("[]")


def span_of(query):
    return tuple(float(query[name][0]) for name in ("start", "end", "step"))


def answer_range(mode, query):
    rates = OWN if "dormouse_" in query["query"][0] else KUBELET
    device = "device" if rates is OWN else "interface"
    span = span_of(query)
    return matrix(series({"__name__": name, device: "eth0"}, points(rate, *span)) for name, rate in rates.items())


# --- lies about ranges: what they answer instead, or how the answer goes out ----------------------


TRANSMIT = "dormouse_network_transmit_bytes_total"


def one(values, labels=None):
    return matrix([series({"__name__": TRANSMIT, "device": "eth0"} | (labels or {}), values)])


def late(query):
    start, end, step = span_of(query)
    return one(points(300, start, end + 10 * step, step))


def backwards(query):
    start, _, step = span_of(query)
    return one(f'[{start + step:.0f},"2"],[{start:.0f},"1"]')


def dense(query):
    start, end, step = span_of(query)
    return one(points(300, start, end, step / 4))


def rates_instead(query):
    start, end, step = span_of(query)
    moments = [start + i * step for i in range(int((end - start) / step))]
    return one(",".join(f'[{now:.0f},"{1000 + hash(now) % 7 * 90}"]' for now in moments))


def twice(query):
    values = points(300, *span_of(query))
    return matrix([series({"__name__": TRANSMIT, "device": "eth0"}, values)] * 2)


def many_series(query):
    values = points(300, *span_of(query))[:4000].rsplit("]", 1)[0] + "]"
    return matrix(series({"__name__": TRANSMIT, "device": f"veth{n}"}, values) for n in range(10000))


LIES = {
    "late": late,
    "backwards": backwards,
    "dense": dense,
    "rates": rates_instead,
    "twice": twice,
    "many-series": many_series,
    "stranger": lambda query: one(points(3, *span_of(query)), {"__name__": "node_load1"}),
    "nameless": lambda query: success('{"resultType":"matrix","result":[{"metric":{},"values":[]}]}'),
    "unlabelled": lambda query: success('{"resultType":"matrix","result":[{"values":[[1,"1"]]}]}'),
    "vector": lambda query: success('{"resultType":"vector","result":[]}'),
    "pairs": lambda query: one('[1,"1",2]'),
    "numbers": lambda query: one("[1,1]"),
    "long-label": lambda query: one("", {"device": "e" * 400}),
    "long-text": lambda query: one('[1,"' + "9" * 20000 + '"]'),
    "deep": lambda query: "[" * 100000,
    "html": lambda query: "<html>it is late</html>",
    "nothing": lambda query: "",
    "half": lambda query: answer_range("good", query)[:-20],
    "binary": lambda query: "\0\1\2\3",
    "failure": lambda query: '{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}',
    "partial": lambda query: answer_range("good", query).replace('"data"', '"isPartial":true,"data"', 1),
    "warning": lambda query: answer_range("good", query).replace('"data"', '"warnings":["store-3 is down"],"data"', 1),
    "two": lambda query: answer_range("good", query) + "{}",
}
STATUSES = {"busy": 429, "broken": 500, "away": 503, "forbidden": 403, "moved": 302}
# Requests of these are answered well from the second one of the same path on.
HICCUPS = {"hiccup"}


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = {}

    def send(self, text, status=200):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_without_end(self, text, pieces, pause):
        """The head promises more than comes."""
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 40))
        self.end_headers()
        try:
            for _ in range(pieces):
                self.wfile.write(text)
                time.sleep(pause)
        except OSError:
            pass
        self.close_connection = True

    def lie(self, mode, query):
        """Whether the question was answered badly."""
        if mode in LIES:
            self.send(LIES[mode](query))
        elif mode in STATUSES:
            self.send('{"status":"error","errorType":"x","error":"not now"}', STATUSES[mode])
        elif mode == "cut":
            self.send_without_end(answer_range("good", query).encode()[:100000], 1, 0)
        elif mode == "slow":
            self.send_without_end(b" ", 600, 0.1)
        elif mode == "endless":
            head = '{"status":"success","data":{"resultType":"matrix","result":['
            self.send_without_end(head.encode() + b" " * (1 << 20), 1, 0)
        elif mode == "huge":
            self.send_without_end(b" " * (1 << 20), 300, 0)
        elif mode in HICCUPS and self.asked.setdefault(self.path, 0) == 0:
            self.asked[self.path] = 1
            self.send("not yet", 503)
        else:
            return False
        return True

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        _, mode, rest = url.path.split("/", 2)
        query = urllib.parse.parse_qs(url.query)
        print(mode, rest, flush=True)
        if rest == "api/v1/query_range":
            if not self.lie(mode, query):
                self.send(answer_range(mode, query))
        elif mode == "empty":
            self.send(success("[]"))
        elif mode == "list-away":
            self.send("", 503)
        elif mode == "list-half":
            self.send('{"status":"success","data":[')
        else:
            self.send(answer_series(mode, query))

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Api)
    server.daemon_threads = True
    print("ready", flush=True)
    threading.Thread(target=server.serve_forever).start()


main()
