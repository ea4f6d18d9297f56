#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Mends the sources of an old Kubernetes before it is built by a new Go.
#
#     tests/cluster/mend.sh SOURCES [SERVER [PIDFILE]]
#
# Kubernetes before 1.23 has reflect2 before 1.0.2, which from Go 1.18 on overwrites memory:
# the API server dies of the first patch that any mutating webhook answers with. SOURCES is
# the tree with vendor/; it gets what reflect2 1.0.2 has. With SERVER, the kube-apiserver that
# was built from it before is built again, and started again if PIDFILE says that it runs.
#
# A tree that needs nothing is left alone, and so then is the server.
set -euo pipefail

sources=$1
server=${2:-}
reflect2=$sources/vendor/github.com/modern-go/reflect2

grep -qs '^func mapiterinit(.*) \*hiter' "$reflect2/unsafe_link.go" || exit 0
echo "mending $reflect2"

# The iterator is the caller's now, and as large as the runtime's own.
python3 - "$reflect2" <<'MEND'
import re
import sys

def edit(name, *changes):
    path = f"{sys.argv[1]}/{name}"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for pattern, new in changes:
        text, count = re.subn(pattern, new, text, flags=re.S)
        assert count == 1, f"{path} is not as this script knows it"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)

edit("unsafe_link.go",
     (r"(func mapiterinit\(rtype unsafe.Pointer, m unsafe.Pointer)\) \*hiter", r"\1, it *hiter)"),
     (r"(type hiter struct \{).*?\n\}", r"""\1
	key, value, t, h, buckets, bptr unsafe.Pointer
	overflow, oldoverflow *[]unsafe.Pointer
	startBucket uintptr
	offset uint8
	wrapped bool
	B, i uint8
	bucket, checkBucket uintptr
}"""))
edit("unsafe_map.go",
     (r"\treturn &UnsafeMapIterator\{\n\t\thiter: +mapiterinit\(type2.rtype, \*\(\*unsafe.Pointer\)\(obj\)\),",
      "\tvar it hiter\n\tmapiterinit(type2.rtype, *(*unsafe.Pointer)(obj), &it)\n"
      "\treturn &UnsafeMapIterator{\n\t\thiter: &it,"))
MEND

[ -n "$server" ] && [ -x "$server" ] || exit 0
echo "building $server again"
# SOURCES is GOPATH/src/k8s.io/kubernetes; the cache of the first build lies beside GOPATH.
gopath=$(cd "$sources/../../.." && pwd)
go=$(command -v go || find /usr/lib/go-*/bin/go | sort -V | tail -n 1)
(cd "$sources" && env GO111MODULE=off CGO_ENABLED=0 GOFLAGS= GOPATH="$gopath" \
	GOCACHE="$gopath/../gocache" "$go" build -ldflags "-s -w" -o "$server.mended" ./cmd/kube-apiserver)
mv "$server.mended" "$server"

pid=$(cat "${3:-/dev/null}" 2>/dev/null || true)
[ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || exit 0
echo "starting it again"
mapfile -d '' -t command <"/proc/$pid/cmdline"
log=$(readlink "/proc/$pid/fd/1")
kill "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
setsid "$server" "${command[@]:1}" >>"$log" 2>&1 </dev/null &
echo $! >"$3"
