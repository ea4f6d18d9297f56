# SPDX-License-Identifier: Apache-2.0
"""Kubernetes objects from files: JSON, or YAML of any number of documents."""
import json
import sys

# Where the pod is in each kind; () is the object itself.
POD_PATHS = {"Pod": (), "PodTemplate": ("template",), "CronJob": ("spec", "jobTemplate", "spec", "template")}
for kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job"):
    POD_PATHS[kind] = ("spec", "template")


def parse(text):
    """The documents of a text. YAML is asked only for what is no JSON: its module is not everywhere."""
    try:
        return [json.loads(text)]
    except ValueError:
        import yaml
        return [document for document in yaml.safe_load_all(text) if document is not None]


def read(paths):
    """The objects in the files, Lists taken apart; "-" or no file is standard input."""
    objects = []
    for path in paths or ["-"]:
        if path == "-":
            documents = parse(sys.stdin.read())
        else:
            with open(path, encoding="utf-8") as file:
                documents = parse(file.read())
        for document in documents:
            objects += flat(document)
    return objects


def flat(document):
    if isinstance(document, dict) and str(document.get("kind", "")).endswith("List") and "items" in document:
        return [one for item in document["items"] or [] for one in flat(item)]
    return [document]


def name_of(obj):
    """Kind/namespace/name, as kubectl says it; a pod of a controller has no name yet."""
    metadata = obj.get("metadata") or {}
    name = metadata.get("name") or metadata.get("generateName", "")
    return "/".join(part for part in (obj.get("kind", "?"), metadata.get("namespace"), name) if part)


def pod_of(obj):
    """The Pod, or the pod template, in an object; None where it has none."""
    if not isinstance(obj, dict) or obj.get("kind") not in POD_PATHS:
        return None
    for key in POD_PATHS[obj["kind"]]:
        obj = obj.get(key) or {}
    return obj


def pods_of(objects):
    """(name, pod) of each object that has one."""
    return [(name_of(obj), pod_of(obj)) for obj in objects if pod_of(obj) is not None]


def containers_of(pod):
    """Every container, the init containers first, as they start."""
    spec = pod.get("spec") or {}
    return [container for members in ("initContainers", "containers", "ephemeralContainers")
            for container in spec.get(members) or []]
