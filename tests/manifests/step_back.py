#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Prints objects as a List that an API server takes on trial (--dry-run=server), whichever it is.

    step_back.py NAMESPACE [FILE...] <API_VERSIONS

Standard input is what `kubectl api-versions` prints: an object whose version it does not name gets an older one that
it does. All go into NAMESPACE, which is there already; the Namespaces themselves are left out."""
import json
import sys

from objects import read

OLDER = {"policy/v1": "policy/v1beta1", "batch/v1": "batch/v1beta1"}


def main():
    known = set(sys.stdin.read().split())
    items = []
    for obj in read(sys.argv[2:]):
        # A CronJob came later to batch/v1 than a Job did, and with policy/v1.
        if obj["apiVersion"] in OLDER and "policy/v1" not in known:
            obj["apiVersion"] = OLDER[obj["apiVersion"]]
        if obj["kind"] == "Namespace" or obj["apiVersion"] not in known:
            continue
        if "namespace" in obj["metadata"]:
            obj["metadata"]["namespace"] = sys.argv[1]
        items.append(obj)
    print(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
