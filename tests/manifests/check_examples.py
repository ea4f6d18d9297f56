#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The examples are what the injector would make, or what it makes something good of.

    check_examples.py INJECTOR EXAMPLES_FOLDER"""
import copy
import json
import os
import subprocess
import sys

from checks import check, finish
from objects import pods_of, read
from qos import qos_class
from restricted import complaints


def inject(injector, obj, native):
    """(the object with the sidecar, what the injector had to say)"""
    run = subprocess.run([injector, "inject", f"--native-sidecar={native}"], input=json.dumps(obj),
                         capture_output=True, check=True, text=True)
    return json.loads(run.stdout), run.stderr


def warned(said):
    return "annotation dormouse.dev/" in said


def without_sidecar(pod):
    """What the pod was before Dormouse was added by hand."""
    pod = copy.deepcopy(pod)
    spec = pod["spec"]
    for members in ("containers", "initContainers", "volumes"):
        spec[members] = [one for one in spec.get(members, [])
                         if one["name"] not in ("dormouse", "dormouse-empty", "dormouse-baselines")]
        if not spec[members]:
            del spec[members]
    del pod["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"]
    return pod


def check_by_hand(injector, path, native):
    [pod] = read([path])
    made, said = inject(injector, without_sidecar(pod), native)
    check(f"{os.path.basename(path)}: what was added by hand is what the injector adds", made, pod)
    check(f"{os.path.basename(path)}: its annotations are good ones", True, not warned(said))


def check_opted_in(injector, path):
    name = os.path.basename(path)
    objects = read([path])
    made, said = inject(injector, {"apiVersion": "v1", "kind": "List", "items": objects}, "yes")
    for (_, before), (_, after) in zip(pods_of(objects), pods_of(made["items"])):
        check(f"{name}: gets its sidecar", "dormouse", after["spec"]["initContainers"][0]["name"])
        check(f"{name}: keeps to `restricted` with it", [], complaints(after))
        if qos_class(before) == "Guaranteed":
            check(f"{name}: stays Guaranteed", "Guaranteed", qos_class(after))
    check(f"{name}: its annotations are good ones", True, not warned(said))


def main():
    injector, folder = sys.argv[1:]
    check_by_hand(injector, os.path.join(folder, "manual-sidecar.yaml"), "no")
    check_by_hand(injector, os.path.join(folder, "native-sidecar.yaml"), "yes")
    check_opted_in(injector, os.path.join(folder, "deployment.yaml"))
    check_opted_in(injector, os.path.join(folder, "cronjob.yaml"))
    [pod] = read([os.path.join(folder, "native-sidecar.yaml")])
    pod = without_sidecar(pod)
    pod["metadata"]["annotations"]["dormouse.dev/intervall"] = "30s"
    check("an annotation that is no flag would be told of", True, warned(inject(injector, pod, "yes")[1]))
    return finish()


if __name__ == "__main__":
    sys.exit(main())
