#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""How much longer a pod takes with a sidecar than without: from created to ready, and to be deleted.

    delays.py URL PLAIN LABELLED POD.JSON PAIRS    URL: of `kubectl proxy`; two namespaces, one labelled for injection

The same pod in both namespaces, one after the other, in alternating order; as whoever watches the API sees it. Prints
each pair and in the end "median ready S gone S": the medians of the differences, in seconds."""
import json
import statistics
import sys
import time
import urllib.request


class Pod:
    def __init__(self, url, namespace, body):
        self.url = f"{url}/api/v1/namespaces/{namespace}/pods"
        self.name = body["metadata"]["name"]
        self.body = body

    def ask(self, method, path="", body=None):
        request = urllib.request.Request(self.url + path, body and json.dumps(body).encode(),
                                         {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def wait(self, version, is_over):
        """Until an event of the pod after that version is the one."""
        query = f"?watch=true&fieldSelector=metadata.name%3D{self.name}&resourceVersion={version}"
        with urllib.request.urlopen(self.url + query, timeout=120) as events:
            for line in events:
                event = json.loads(line)
                if is_over(event):
                    return event["object"]["metadata"]["resourceVersion"]
        raise OSError("the watch has ended")

    def live(self):
        """(seconds until it was ready, seconds until it was gone, whether it had a sidecar)"""
        began = time.monotonic()
        made = self.ask("POST", body=self.body)
        containers = made["spec"].get("initContainers", []) + made["spec"]["containers"]
        version = self.wait(made["metadata"]["resourceVersion"], is_ready)
        ready = time.monotonic() - began
        time.sleep(1)
        began = time.monotonic()
        self.ask("DELETE", "/" + self.name)
        self.wait(version, lambda event: event["type"] == "DELETED")
        return ready, time.monotonic() - began, any(one["name"] == "dormouse" for one in containers)


def is_ready(event):
    conditions = event["object"].get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def main():
    url, plain, labelled, path, pairs = sys.argv[1:]
    with open(path, "rb") as file:
        body = json.load(file)
    ready, gone = [], []
    for pair in range(int(pairs)):
        order = [(plain, False), (labelled, True)]
        seen = {}
        for namespace, injected in order if pair % 2 == 0 else reversed(order):
            *seen[injected], has_sidecar = Pod(url, namespace, body).live()
            if has_sidecar != injected:
                sys.exit(f"delays: {namespace}: a sidecar: {has_sidecar}")
        ready.append(seen[True][0] - seen[False][0])
        gone.append(seen[True][1] - seen[False][1])
        print(f"ready {seen[False][0]:.2f} s, with a sidecar {seen[True][0]:.2f} s; "
              f"gone {seen[False][1]:.2f} s, with a sidecar {seen[True][1]:.2f} s", flush=True)
    print(f"median ready {statistics.median(ready):.2f} gone {statistics.median(gone):.2f}")


if __name__ == "__main__":
    main()
