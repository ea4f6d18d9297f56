#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Creates pods as dry runs, one after the other, until it is told to stop.

    load.py URL NAMESPACE POD.JSON    URL: of `kubectl proxy`

On SIGTERM prints "created N injected M failed K": how many were asked for, how many came back with a sidecar, how many
requests the API server did not answer with a pod."""
import json
import signal
import sys
import urllib.request


def main():
    url, namespace, path = sys.argv[1:4]
    with open(path, "rb") as file:
        body = file.read()
    going = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    created = injected = failed = 0
    while going:
        request = urllib.request.Request(f"{url}/api/v1/namespaces/{namespace}/pods?dryRun=All", body,
                                         {"Content-Type": "application/json"})
        created += 1
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                spec = json.load(answer)["spec"]
        except (OSError, ValueError, KeyError) as error:
            print(error, file=sys.stderr)
            failed += 1
            continue
        names = [container["name"] for container in spec.get("initContainers", []) + spec["containers"]]
        injected += "dormouse" in names
    print(f"created {created} injected {injected} failed {failed}")


if __name__ == "__main__":
    main()
