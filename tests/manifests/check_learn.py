#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The overlay that learns: what it may do, whom it reaches, and that it goes with the injector and without.

    check_learn.py INJECTOR LEARN.yaml INSTALL.yaml POLICY.yaml

LEARN.yaml is overlays/learn, rendered."""
import json
import subprocess
import sys

from checks import check, finish, selects
from objects import containers_of, name_of, pods_of, read

ACCOUNT = {"kind": "ServiceAccount", "name": "dormouse-learn", "namespace": "dormouse-system"}
# Requests as the API server asks RBAC about them: verb, resource, name. A POST has no name, and neither has a list; a
# server-side apply of an object that is not there asks for `patch` and for `create`, both with its name.
ALLOWED = [("get", "configmaps", "dormouse-baselines"), ("patch", "configmaps", "dormouse-baselines"),
           ("create", "configmaps", "dormouse-baselines"), ("list", "namespaces", "")]
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
RESOURCES = ("configmaps", "secrets", "pods", "namespaces", "serviceaccounts", "services", "events", "nodes")
NAMES = ("", "dormouse-baselines", "dormouse-template", "kube-root-ca.crt", "shop")


def one(objects, kind):
    [found] = [obj for obj in objects if obj["kind"] == kind]
    return found


def allows(rules, verb, group, resource, name):
    """RuleAllows() of k8s.io/kubernetes, plugin/pkg/auth/authorizer/rbac/rbac.go."""
    return any({verb, "*"} & set(rule["verbs"]) and {group, "*"} & set(rule["apiGroups"]) and
               {resource, "*"} & set(rule["resources"]) and
               (not rule.get("resourceNames") or name in rule["resourceNames"]) for rule in rules)


def check_rights(objects):
    check("learn: its roles are one", ["ClusterRole"], [obj["kind"] for obj in objects if obj["kind"].endswith("Role")])
    rules = one(objects, "ClusterRole")["rules"]
    asked = [(verb, resource, name) for verb in VERBS for resource in RESOURCES for name in NAMES]
    check(f"learn: of {len(asked)} requests it may do {len(ALLOWED)}", [],
          [request for request in asked if allows(rules, request[0], "", *request[1:]) != (
              request in ALLOWED or request[:2] == ("list", "namespaces"))])
    check("learn: nothing of another API group", {""}, {group for rule in rules for group in rule["apiGroups"]})
    check("learn: it may not create just any ConfigMap", False, allows(rules, "create", "", "configmaps", ""))
    binding = one(objects, "ClusterRoleBinding")
    check("learn: its account alone has the right", ([ACCOUNT], "dormouse-learn"),
          (binding["subjects"], binding["roleRef"]["name"]))


def mounted_config_map(injector):
    """The ConfigMap that an injected pod reads."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "app"}]}}
    run = subprocess.run([injector, "inject", "--image-loaded"], input=json.dumps(pod), stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=True, text=True)
    return [volume["configMap"]["name"] for volume in json.loads(run.stdout)["spec"]["volumes"] if "configMap" in volume]


def flags_of(injector):
    """The flags of `learn`; None: the program has no such command."""
    run = subprocess.run([injector, "learn", "--help"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                         check=False)
    return run.stdout if run.returncode == 0 else None


def check_job(objects, injector):
    job = one(objects, "CronJob")["spec"]
    [(_, pod)] = pods_of([one(objects, "CronJob")])
    [container] = containers_of(pod)
    check("learn: never two at a time, and few are kept", ("Forbid", 1, 3), (
        job["concurrencyPolicy"], job["successfulJobsHistoryLimit"], job["failedJobsHistoryLimit"]))
    check("learn: its pod is its account's", ("dormouse-learn", True), (
        pod["spec"]["serviceAccountName"], pod["spec"]["automountServiceAccountToken"]))
    check("learn: only its pods have the token", False, one(objects, "ServiceAccount")["automountServiceAccountToken"])
    check("learn: it ends", True, "activeDeadlineSeconds" in job["jobTemplate"]["spec"])
    resources = container["resources"]
    check("learn: it has requests and limits, of memory the same", ({"cpu", "memory"}, {"cpu", "memory"}, True), (
        set(resources["requests"]), set(resources["limits"]),
        resources["requests"]["memory"] == resources["limits"]["memory"]))
    check("learn: it learns and writes", ["learn", "--apply"], container["args"][:2])
    manual = flags_of(injector)
    if manual is None:
        print("skipped: this injector has no command learn, which its flags could be compared with")
    else:
        check("learn: the injector knows its flags", [], [
            flag for flag in container["args"][1:] if f"  {flag.split('=')[0]} " not in manual])
    rules = one(objects, "ClusterRole")["rules"]
    check("learn: what it writes is what the sidecars read", mounted_config_map(injector), [
        name for rule in rules for name in rule.get("resourceNames", [])])
    return pod, container


def check_network(objects, pod, container):
    policy = one(objects, "NetworkPolicy")["spec"]
    check("learn: its NetworkPolicy is its pods'", True, selects(policy["podSelector"], pod["metadata"]["labels"]))
    check("learn: nobody reaches it", (["Egress", "Ingress"], None), (sorted(policy["policyTypes"]), policy.get("ingress")))
    open_ports = {(port["port"], port["protocol"]) for rule in policy["egress"] for port in rule["ports"]}
    [prometheus] = [arg.rsplit(":", 1)[1] for arg in container["args"] if arg.startswith("--prometheus=")]
    check("learn: it reaches name servers, its Prometheus and the API server, and no other port",
          {(53, "UDP"), (53, "TCP"), (int(prometheus), "TCP"), (443, "TCP"), (6443, "TCP")}, open_ports)


def check_company(objects, others, pod, what):
    """Beside the others, and without them."""
    names = {name_of(obj) for obj in objects}
    check(f"learn: no object of {what}", [], sorted(names & {name_of(obj) for obj in others}))
    selectors = [obj["spec"]["selector"] if obj["kind"] == "Service" else obj["spec"]["podSelector"].get("matchLabels", {})
                 if obj["kind"] == "NetworkPolicy" else obj["spec"]["selector"]["matchLabels"]
                 for obj in others if obj["kind"] in ("Service", "NetworkPolicy", "Deployment", "PodDisruptionBudget")]
    check(f"learn: {what} does not take its pods for its own", [],
          [selector for selector in selectors if selector.items() <= pod["metadata"]["labels"].items()])


def main():
    injector, learn, install, policy = sys.argv[1:]
    objects = read([learn])
    check("learn: whoever deletes it deletes no namespace", [], [obj for obj in objects if obj["kind"] == "Namespace"])
    check_rights(objects)
    pod, container = check_job(objects, injector)
    check_network(objects, pod, container)
    check_company(objects, read([install]), pod, "install.yaml")
    check_company(objects, read([policy]), pod, "the policy")
    return finish()


if __name__ == "__main__":
    sys.exit(main())
