#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A cluster's history as OpenMetrics, for promtool tsdb create-blocks-from openmetrics.

    history.py NOW DAYS

In namespace shop: two pods of Deployment reports, with sidecars, whose ReplicaSet kube-state-metrics
knows; the second begins in the middle, and sends 200 kB/s for ten minutes a quarter before the end.
In namespace billing: StatefulSet ledger's pod, of which only the kubelet counts, twice, because two
servers scrape it. A point a minute; each pod sends 300 bytes a second, and 20 kB at each full hour.
"""

import sys

STEP = 60
OWN = {
    "dormouse_network_transmit_bytes": ('device="eth0"', 1),
    "dormouse_network_transmit_packets": ('device="eth0"', 1 / 700),
    "dormouse_tcp_initiated_transmit_bytes": ("", 1),
    "dormouse_tcp_connections_opened": ("", 1 / 100000),
}
KUBELET = {
    "container_network_transmit_bytes": ('interface="eth0"', 1),
    "container_network_transmit_packets": ('interface="eth0"', 1 / 700),
}
OWNERS = {
    "kube_pod_owner": [
        f'namespace="monitoring",pod="ksm-0",exported_namespace="shop",exported_pod="{pod}",'
        'owner_kind="ReplicaSet",owner_name="reports-7d9f8c6b5",owner_is_controller="true"'
        for pod in ("reports-7d9f8c6b5-bbbbb", "reports-7d9f8c6b5-ccccc")
    ],
    "kube_replicaset_owner": [
        'namespace="monitoring",exported_namespace="shop",replicaset="reports-7d9f8c6b5",'
        'owner_kind="Deployment",owner_name="reports",owner_is_controller="true"'
    ],
}


def sent(times, theft):
    """The bytes that were sent until each time."""
    total = 0
    for now in times:
        total += 300 * STEP + (now // STEP) % 7 * 100
        total += 20000 if now % 3600 == 0 else 0
        total += 200000 * STEP if theft and theft < now <= theft + 600 else 0
        yield now, total


def main():
    now, days = int(sys.argv[1]) // STEP * STEP, float(sys.argv[2])
    since = now - int(days * 86400) // STEP * STEP
    half, late = range((since + now) // 2 // STEP * STEP, now + 1, STEP), now - int(days * 21600) // STEP * STEP
    full = range(since, now + 1, STEP)
    # Each family's series must follow one another.
    for family, (label, share) in OWN.items():
        print(f"# TYPE {family} counter")
        for pod, times, theft in (("bbbbb", full, 0), ("ccccc", half, late)):
            labels = f'namespace="shop",pod="reports-7d9f8c6b5-{pod}"' + (f",{label}" if label else "")
            for time, total in sent(times, theft):
                print(f"{family}_total{{{labels}}} {int(total * share)} {time}")
    for family, (label, share) in KUBELET.items():
        print(f"# TYPE {family} counter")
        for replica in "ab":
            labels = f'namespace="billing",pod="ledger-0",replica="{replica}",{label}'
            for time, total in sent(full, 0):
                print(f"{family}_total{{{labels}}} {int(total * share)} {time}")
    for family, all_labels in OWNERS.items():
        print(f"# TYPE {family} gauge")
        for labels in all_labels:
            for time in range(since, now + 1, 3600):
                print(f"{family}{{{labels}}} 1 {time}")
    print("# EOF")


main()
