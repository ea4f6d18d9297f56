#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The injector's network policies let in whom they are said to let in, and nobody else.

    check_network.py MANIFESTS_FOLDER

NetworkPolicies are evaluated here as their API documents it: what any rule admits is in, a rule without "from" admits
everybody, and the pod's own node is always let in. Of Cilium's kind only what the shipped one says is known."""
import ipaddress
import os
import sys

from checks import check, finish
from objects import read

API_PORT, METRICS_PORT = 8443, 8080
PROMETHEUS = {"namespace": {"kubernetes.io/metadata.name": "monitoring"}, "pod": {"app": "prometheus"}}
KUBE_SYSTEM = {"kubernetes.io/metadata.name": "kube-system"}
# Who may knock, and where each of the files is to let it in: at the port of reviews, at that of metrics.
SOURCES = {
    "a pod of somebody": {"namespace": {"kubernetes.io/metadata.name": "shop"}, "pod": {"app": "shop"}},
    "a pod that calls itself an agent": {"namespace": {"kubernetes.io/metadata.name": "shop"},
                                         "pod": {"app": "konnectivity-agent", "k8s-app": "konnectivity-agent"}},
    "another pod of kube-system": {"namespace": KUBE_SYSTEM, "pod": {"k8s-app": "kube-dns"}},
    "an address outside": {"address": "203.0.113.9"},
    "Prometheus": PROMETHEUS,
    "the control plane's address": {"address": "192.0.2.7"},
    "GKE's agent": {"namespace": KUBE_SYSTEM, "pod": {"k8s-app": "konnectivity-agent"}},
    "AKS's agent": {"namespace": KUBE_SYSTEM, "pod": {"app": "konnectivity-agent"}},
    "the API server, as Cilium knows it": {"entity": "kube-apiserver"},
    "another node, as Cilium knows it": {"entity": "remote-node"},
}
REVIEWS = {
    "addresses.yaml": {"the control plane's address"},
    "konnectivity.yaml": {"GKE's agent", "AKS's agent"},
    "cilium.yaml": {"the API server, as Cilium knows it"},
}


def matches(selector, labels):
    """A label selector; {} is all, None is not there."""
    if set(selector) - {"matchLabels"}:
        raise ValueError(f"not known here: {selector}")
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def is_peer(peer, source):
    if "ipBlock" in peer:
        address = source.get("address")
        return address is not None and ipaddress.ip_address(address) in ipaddress.ip_network(peer["ipBlock"]["cidr"])
    return ("pod" in source and "namespaceSelector" in peer and matches(peer["namespaceSelector"], source["namespace"])
            and matches(peer.get("podSelector", {}), source["pod"]))


def is_port(ports, port):
    return not ports or any(str(one["port"]) == str(port) and one.get("protocol", "TCP") == "TCP" for one in ports)


def lets_in(policies, source, port):
    for policy in policies:
        for rule in policy["spec"]["ingress"]:
            if policy["kind"] == "CiliumNetworkPolicy":
                if source.get("entity") in rule["fromEntities"] and is_port(rule["toPorts"][0]["ports"], port):
                    return True
            elif is_port(rule.get("ports"), port) and \
                    ("from" not in rule or any(is_peer(peer, source) for peer in rule["from"])):
                return True
    return False


def check_file(folder, name, base):
    policies = read([os.path.join(folder, "network-policy", name)])
    for port, admitted in ((API_PORT, REVIEWS[name]), (METRICS_PORT, {"Prometheus"}), (22, set())):
        check(f"network-policy/{name}: who reaches port {port}", sorted(admitted),
              sorted(who for who, source in SOURCES.items() if lets_in(policies, source, port)))
    standard, *others = policies
    check(f"network-policy/{name}: takes the place of the one that is installed", base["metadata"], standard["metadata"])
    for key in ("podSelector", "policyTypes", "egress"):
        check(f"network-policy/{name}: its {key}", base["spec"][key], standard["spec"][key])
    for other in others:
        check(f"network-policy/{name}: Cilium's is for the same pods", base["spec"]["podSelector"],
              other["spec"]["endpointSelector"])


def main():
    folder = sys.argv[1]
    [base] = read([os.path.join(folder, "base", "network-policy.yaml")])
    for port in (API_PORT, METRICS_PORT):
        check(f"base/network-policy.yaml: everybody reaches port {port}", True,
              all(lets_in([base], source, port) for source in SOURCES.values()))
    check("network-policy/: every file is known here", sorted(REVIEWS),
          sorted(os.listdir(os.path.join(folder, "network-policy"))))
    for name in REVIEWS:
        check_file(folder, name, base)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
