#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Checks pods against the `restricted` profile of the Pod Security Standards, version latest, rule by rule.

    restricted.py [FILE...]         Pods, workloads or Lists, JSON or YAML; standard input without a file
    restricted.py --self-test       that every rule allows what it should and forbids what it should

Prints a line for each rule that a pod breaks: the object, the rule's name as the Pod Security admission plugin has
it, the field. Exit status 0: all pods keep to the profile; 1: one does not; 2: there was no pod to check.

The rules: https://kubernetes.io/docs/concepts/security/pod-security-standards/. `restricted` includes all of
`baseline`. What that page lets go for pods of user namespaces (hostUsers: false) is not let go here."""
import copy
import sys

from objects import containers_of, pods_of, read

RULES = []


class Rule:
    """A rule, what it finds in a pod, and pods to test it by: paths into a good pod, set to what is there."""

    def __init__(self, name, find):
        self.name, self.find = name, find
        self.allows, self.forbids = [], []


def rule(name):
    def add(find):
        RULES.append(Rule(name, find))
        return RULES[-1]
    return add


def get(value, *path):
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def contexts(pod):
    """(path, securityContext) of the pod and of each container."""
    yield "spec.securityContext", get(pod, "spec", "securityContext") or {}
    yield from container_contexts(pod)


def container_contexts(pod):
    for path, container in named_containers(pod):
        yield path + ".securityContext", container.get("securityContext") or {}


def named_containers(pod):
    for container in containers_of(pod):
        yield f"container {container.get('name')}", container


def windows(pod):
    return get(pod, "spec", "os", "name") == "windows"


# --- baseline --------------------------------------------------------------------------
@rule("hostNamespaces")
def host_namespaces(pod):
    return [f"spec.{field}" for field in ("hostNetwork", "hostPID", "hostIPC") if get(pod, "spec", field)]


@rule("windowsHostProcess")
def windows_host_process(pod):
    return [f"{path}.windowsOptions.hostProcess" for path, context in contexts(pod)
            if get(context, "windowsOptions", "hostProcess")]


@rule("privileged")
def privileged(pod):
    return [f"{path}.privileged" for path, context in container_contexts(pod) if context.get("privileged")]


BASELINE_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"}


@rule("capabilities_baseline")
def capabilities_baseline(pod):
    return [f"{path}.capabilities.add: {one}" for path, context in container_contexts(pod)
            for one in get(context, "capabilities", "add") or [] if one not in BASELINE_CAPABILITIES]


@rule("hostPathVolumes")
def host_path_volumes(pod):
    return [f"volume {volume.get('name')}: hostPath" for volume in get(pod, "spec", "volumes") or []
            if volume.get("hostPath") is not None]


@rule("hostPorts")
def host_ports(pod):
    return [f"{path}.ports.hostPort: {port['hostPort']}" for path, container in named_containers(pod)
            for port in container.get("ports") or [] if port.get("hostPort")]


@rule("hostProbesAndHostLifecycle")
def host_probes(pod):
    handlers = ([("livenessProbe",), ("readinessProbe",), ("startupProbe",)] +
                [("lifecycle", "postStart"), ("lifecycle", "preStop")])
    return [f"{path}.{'.'.join(handler)}.{action}.host" for path, container in named_containers(pod)
            for handler in handlers for action in ("httpGet", "tcpSocket")
            if get(container, *handler, action, "host")]


@rule("appArmorProfile")
def apparmor_profile(pod):
    found = [f"{path}.appArmorProfile.type: {get(context, 'appArmorProfile', 'type')}"
             for path, context in contexts(pod)
             if get(context, "appArmorProfile") and
             get(context, "appArmorProfile", "type") not in ("RuntimeDefault", "Localhost")]
    for key, value in (get(pod, "metadata", "annotations") or {}).items():
        if key.startswith("container.apparmor.security.beta.kubernetes.io/") and \
                not (value in ("", "runtime/default") or value.startswith("localhost/")):
            found.append(f"metadata.annotations: {key}: {value}")
    return found


SELINUX_TYPES = ("", None, "container_t", "container_init_t", "container_kvm_t", "container_engine_t")


@rule("seLinuxOptions")
def selinux_options(pod):
    found = []
    for path, context in contexts(pod):
        options = context.get("seLinuxOptions") or {}
        found += [f"{path}.seLinuxOptions.type"] if options.get("type") not in SELINUX_TYPES else []
        found += [f"{path}.seLinuxOptions.{field}" for field in ("user", "role") if options.get(field)]
    return found


@rule("procMount")
def proc_mount(pod):
    return [f"{path}.procMount" for path, context in container_contexts(pod)
            if context.get("procMount") not in (None, "Default")]


@rule("seccompProfile_baseline")
def seccomp_baseline(pod):
    return [f"{path}.seccompProfile.type: Unconfined" for path, context in contexts(pod)
            if get(context, "seccompProfile", "type") == "Unconfined"]


SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}


@rule("sysctls")
def sysctls(pod):
    return [f"spec.securityContext.sysctls: {one.get('name')}"
            for one in get(pod, "spec", "securityContext", "sysctls") or [] if one.get("name") not in SYSCTLS]


# --- restricted ------------------------------------------------------------------------
VOLUMES = ("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret")


@rule("restrictedVolumes")
def restricted_volumes(pod):
    """A volume that names no source at all is an emptyDir once the API server has filled in what is missing."""
    sources = [(volume.get("name"), [kind for kind in volume if kind != "name" and volume[kind] is not None])
               for volume in get(pod, "spec", "volumes") or []]
    return [f"volume {name}: {', '.join(kinds)}" for name, kinds in sources
            if kinds and not any(kind in VOLUMES for kind in kinds)]


@rule("allowPrivilegeEscalation")
def allow_privilege_escalation(pod):
    return [f"{path}.allowPrivilegeEscalation" for path, context in container_contexts(pod)
            if context.get("allowPrivilegeEscalation") is not False and not windows(pod)]


@rule("runAsNonRoot")
def run_as_non_root(pod):
    whole = get(pod, "spec", "securityContext", "runAsNonRoot")
    found = ["spec.securityContext.runAsNonRoot: false"] if whole is False else []
    for path, context in container_contexts(pod):
        own = context.get("runAsNonRoot")
        if own is False or (own is None and whole is not True):
            found.append(f"{path}.runAsNonRoot")
    return found


@rule("runAsUser")
def run_as_user(pod):
    return [f"{path}.runAsUser: 0" for path, context in contexts(pod) if context.get("runAsUser") == 0]


@rule("seccompProfile_restricted")
def seccomp_restricted(pod):
    good = ("RuntimeDefault", "Localhost")
    whole = get(pod, "spec", "securityContext", "seccompProfile", "type")
    if windows(pod):
        return []
    found = ["spec.securityContext.seccompProfile.type"] if whole is not None and whole not in good else []
    for path, context in container_contexts(pod):
        own = get(context, "seccompProfile", "type")
        if own not in good and not (own is None and whole in good):
            found.append(f"{path}.seccompProfile.type")
    return found


@rule("capabilities_restricted")
def capabilities_restricted(pod):
    found = []
    for path, context in container_contexts(pod):
        capabilities = context.get("capabilities") or {}
        if windows(pod):
            continue
        if "ALL" not in (capabilities.get("drop") or []):
            found.append(f"{path}.capabilities.drop without ALL")
        found += [f"{path}.capabilities.add: {one}" for one in capabilities.get("add") or []
                  if one != "NET_BIND_SERVICE"]
    return found


def complaints(pod):
    """"RULE: FIELD" for each breach."""
    return [f"{one.name}: {what}" for one in RULES for what in one.find(pod)]


# --- the rules tested ------------------------------------------------------------------
# A pod that keeps to all of them, and as little more as can be.
def good_pod():
    def container(name):
        return {"name": name, "image": "example:1", "securityContext": {
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "example", "annotations": {}}, "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "initContainers": [container("first")], "containers": [container("app"), container("other")],
        "ephemeralContainers": [container("debug")], "volumes": []}}


def changed(pod, path, value):
    """A copy with the value at "spec/containers/0/image", what is missing on the way made; DROPPED takes it out."""
    pod = copy.deepcopy(pod)
    at, keys = pod, path.split("/")
    for key in keys[:-1]:
        at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
    if value is DROPPED:
        del at[keys[-1]]
    else:
        at[keys[-1]] = value
    return pod


DROPPED = object()
POD, APP, INIT, DEBUG = ("spec/securityContext/", "spec/containers/0/", "spec/initContainers/0/",
                         "spec/ephemeralContainers/0/")
CONTEXT = "securityContext/"
ARMOR = "container.apparmor.security.beta.kubernetes.io/"
EVERYWHERE = (APP, INIT, DEBUG)

host_namespaces.allows = [("spec/hostNetwork", False), ("spec/hostUsers", False)]
host_namespaces.forbids = [("spec/hostNetwork", True), ("spec/hostPID", True), ("spec/hostIPC", True)]
windows_host_process.allows = [(POD + "windowsOptions", {"hostProcess": False})]
windows_host_process.forbids = [(where + "windowsOptions", {"hostProcess": True})
                                for where in (POD, APP + CONTEXT, INIT + CONTEXT)]
privileged.allows = [(APP + CONTEXT + "privileged", False)]
privileged.forbids = [(where + CONTEXT + "privileged", True) for where in EVERYWHERE]
capabilities_baseline.allows = [(APP + CONTEXT + "capabilities/add", [])]
capabilities_baseline.forbids = [(where + CONTEXT + "capabilities/add", [one])
                                 for where in EVERYWHERE for one in ("NET_RAW", "SYS_ADMIN", "ALL", "chown")]
host_path_volumes.allows = [("spec/volumes", [{"name": "a", "emptyDir": {}}])]
host_path_volumes.forbids = [("spec/volumes", [{"name": "a", "hostPath": {"path": "/"}}])]
host_ports.allows = [(APP + "ports", [{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}])]
host_ports.forbids = [(where + "ports", [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}])
                      for where in EVERYWHERE]
host_probes.allows = [(APP + "livenessProbe", {"httpGet": {"port": 80}}),
                      (APP + "livenessProbe", {"tcpSocket": {"port": 80, "host": ""}})]
host_probes.forbids = [(where + handler, {action: {"port": 80, "host": "192.0.2.1"}}) for where in EVERYWHERE
                       for handler in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle/preStop",
                                       "lifecycle/postStart") for action in ("httpGet", "tcpSocket")]
apparmor_profile.allows = [(POD + "appArmorProfile", {"type": "RuntimeDefault"}),
                           (APP + CONTEXT + "appArmorProfile", {"type": "Localhost", "localhostProfile": "x"}),
                           ("metadata/annotations", {ARMOR + "app": "runtime/default"}),
                           ("metadata/annotations", {ARMOR + "app": "localhost/x"})]
apparmor_profile.forbids = [(POD + "appArmorProfile", {"type": "Unconfined"}),
                            (INIT + CONTEXT + "appArmorProfile", {"type": "Unconfined"}),
                            ("metadata/annotations", {ARMOR + "app": "unconfined"})]
selinux_options.allows = [(POD + "seLinuxOptions", {"type": "container_t", "level": "s0:c1,c2"}),
                          (APP + CONTEXT + "seLinuxOptions", {"type": "", "user": ""})]
selinux_options.forbids = [(where + "seLinuxOptions", options) for where in (POD, APP + CONTEXT, INIT + CONTEXT)
                           for options in ({"type": "spc_t"}, {"user": "u"}, {"role": "r"})]
proc_mount.allows = [(APP + CONTEXT + "procMount", "Default")]
proc_mount.forbids = [(where + CONTEXT + "procMount", "Unmasked") for where in EVERYWHERE]
seccomp_baseline.allows = [(APP + CONTEXT + "seccompProfile", {"type": "Localhost", "localhostProfile": "x"})]
seccomp_baseline.forbids = [(where + "seccompProfile", {"type": "Unconfined"})
                            for where in (POD, APP + CONTEXT, INIT + CONTEXT, DEBUG + CONTEXT)]
sysctls.allows = [(POD + "sysctls", [{"name": name, "value": "1"} for name in sorted(SYSCTLS)])]
sysctls.forbids = [(POD + "sysctls", [{"name": "net.ipv4.tcp_syncookies", "value": "1"},
                                      {"name": "kernel.msgmax", "value": "1"}])]
restricted_volumes.allows = [("spec/volumes", [{"name": kind, kind: {}} for kind in VOLUMES]),
                             ("spec/volumes", [{"name": "nothing"}])]
restricted_volumes.forbids = [("spec/volumes", [{"name": "a", "emptyDir": {}}, {"name": "b", kind: {}}])
                              for kind in ("hostPath", "nfs", "iscsi", "rbd", "glusterfs", "flexVolume", "gitRepo",
                                           "awsElasticBlockStore", "cephfs", "fc", "image")]
allow_privilege_escalation.allows = []
allow_privilege_escalation.forbids = [(where + CONTEXT + "allowPrivilegeEscalation", value)
                                      for where in EVERYWHERE for value in (True, None, DROPPED)]
run_as_non_root.allows = [(APP + CONTEXT + "runAsNonRoot", True)]
run_as_non_root.forbids = [(POD + "runAsNonRoot", False), (POD + "runAsNonRoot", DROPPED)] + [
    (where + CONTEXT + "runAsNonRoot", False) for where in EVERYWHERE]
run_as_user.allows = [(POD + "runAsUser", 1), (APP + CONTEXT + "runAsUser", 65532)]
run_as_user.forbids = [(POD + "runAsUser", 0)] + [(where + CONTEXT + "runAsUser", 0) for where in EVERYWHERE]
seccomp_restricted.allows = [(POD + "seccompProfile", {"type": "Localhost", "localhostProfile": "x"}),
                             (INIT + CONTEXT + "seccompProfile", {"type": "RuntimeDefault"})]
seccomp_restricted.forbids = [(POD + "seccompProfile", DROPPED)] + [
    (where + "seccompProfile", {"type": "Unconfined"}) for where in (POD, APP + CONTEXT, INIT + CONTEXT)]
capabilities_restricted.allows = [(APP + CONTEXT + "capabilities", {"drop": ["CHOWN", "ALL"],
                                                                    "add": ["NET_BIND_SERVICE"]})]
capabilities_restricted.forbids = [(where + CONTEXT + "capabilities", value) for where in EVERYWHERE
                                   for value in (DROPPED, {"drop": []}, {"drop": ["all"]}, {"drop": ["NET_RAW"]},
                                                 {"drop": ["ALL"], "add": ["CHOWN"]})]


def test_rule(one):
    """What is wrong with the rule; a rule that forbids nothing in the tests was not tested."""
    wrong = [f"allows no {path}: {value}" for path, value in one.allows
             if complaints(changed(good_pod(), path, value))]
    wrong += [f"lets pass {path}: {value}" for path, value in one.forbids
              if not one.find(changed(good_pod(), path, value))]
    return wrong + ([] if one.forbids and not one.find(good_pod()) else ["was not tested"])


def self_test():
    status = 0
    for one in RULES:
        wrong = test_rule(one)
        print("FAILED" if wrong else "ok    ",
              f"{one.name}: {len(one.allows) + 1} allowed, {len(one.forbids)} forbidden", *wrong)
        status |= bool(wrong)
    # Where Linux's own means do not exist, the profile does not ask for them.
    pod = changed(changed(good_pod(), "spec/os", {"name": "windows"}), POD + "seccompProfile", DROPPED)
    wrong = complaints(changed(pod, APP + "securityContext", {}))
    print("FAILED" if wrong else "ok    ", "a Windows pod", *wrong)
    return status | bool(wrong)


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    pods = pods_of(read(sys.argv[1:]))
    found = [f"{name}: {what}" for name, pod in pods for what in complaints(pod)]
    for line in found:
        print(line)
    if not pods:
        print("there is no pod to check", file=sys.stderr)
    return 1 if found else 0 if pods else 2


if __name__ == "__main__":
    sys.exit(main())
