#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the images, as archives that any container runtime imports.
#
#     tests/images.sh BUILD VERSION COMMIT
#
# BUILD/images/dormouse.tar, dormouse-injector.tar   the Dockerfile's targets
# BUILD/images/dormouse-source.tar                   what goes where dormouse goes, for those
#                                                    who link its libraries anew
# BUILD/images/dormouse-test-app.tar                 what pods of tests/cluster run
# BUILD/images/dormouse-test-prometheus.tar          Debian's Prometheus, for them as well
#
# With docker where its daemon answers, else with podman. Where the base image cannot be had
# from a registry, it is made of this machine's own package sources. BASE=IMAGE names another
# one. Archives newer than what they are made from are left as they are.
#
# Of the injector's is checked that no library is in there but what its program is known to need,
# and that it keeps to its size.
set -euo pipefail
cd "$(dirname "$0")/.."

images=$1/images
version=$2
commit=$3
# The libraries that the injector's image may have, whatever their version: GnuTLS and what that
# needs, libmicrohttpd, cJSON, and glibc's. A new one is a decision: it is looked after, and
# updated, from then on. And the archive's bytes: 11 MiB, which is 400 KB more than it has.
libraries=(gnutls idn2 unistring tasn1 nettle hogweed gmp p11-kit ffi microhttpd cjson c m gcc_s)
injector_max=11534336
log=$images/log
work=$images/work

say() { echo "images: $*"; }
die() { echo "images: $*" >&2; exit 1; }

# quietly WHAT COMMAND...: shows the end of the output of what failed.
quietly() {
	local what=$1
	shift
	"$@" >"$log" 2>&1 </dev/null || {
		tail -n 20 "$log" >&2
		die "$what failed, see $log"
	}
}

# is_new ARCHIVE SOURCE...: none of the sources is newer.
is_new() {
	local archive=$images/$1.tar
	shift
	[ -e "$archive" ] && [ -z "$(find "$@" -type f -newer "$archive" -print -quit)" ]
}

# --- docker or podman ---------------------------------------------------------------------
find_builder() {
	if command -v docker >/dev/null && docker info >/dev/null 2>&1; then
		builder=docker
		# No name of a registry: that is how docker writes what podman must be told.
		prefix=
		build=(docker build)
	else
		tests/packages.sh install podman runc
		builder=podman
		prefix=docker.io/library/
		# Same sources, same image: nothing in it is younger than the commit.
		build=(podman build --isolation=chroot --timestamp "$age")
	fi
}

# --- the base image -----------------------------------------------------------------------
find_base() {
	local codename=bookworm
	base=${BASE:-debian:$codename-slim}
	[ -z "${BASE:-}" ] || return 0
	if "$builder" image inspect "localhost/$base" >/dev/null 2>&1; then
		base=localhost/$base
	elif ! "$builder" image inspect "$base" >/dev/null 2>&1 &&
		! timeout 300 "$builder" pull -q "$base" >"$log" 2>&1; then
		say "$base cannot be had ($(tail -n 1 "$log")): making it"
		make_base $codename
		base=localhost/$base
	fi
}

# The machine's own mirrors, and its say on old package lists, which a mirror frozen in time
# needs.
make_base() {
	local valid sources=()
	tests/packages.sh install mmdebstrap
	tests/packages.sh sources "$1" >"$work/sources.list"
	[ ! -s "$work/sources.list" ] || sources=("$work/sources.list")
	valid=$(apt-config dump --format '%v' Acquire::Check-Valid-Until)
	quietly "mmdebstrap $1" mmdebstrap --variant=minbase \
		--aptopt="Acquire::Check-Valid-Until \"${valid:-true}\"" \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		"$1" "$work/base.tar" "${sources[@]}"
	quietly "$builder import" "$builder" import --change \
		'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
		"$work/base.tar" "localhost/$base"
	rm "$work/base.tar"
}

# --- the images ---------------------------------------------------------------------------
# make_image NAME TAG BUILD-ARGUMENT...: BUILD/images/NAME.tar.
make_image() {
	local name=$1 tag=$prefix$1:$2
	shift 2
	quietly "building $tag" "${build[@]}" -t "$tag" "$@"
	rm -f "$work/$name.tar"
	if [ $builder = podman ]; then
		quietly "saving $tag" podman save --format docker-archive -o "$work/$name.tar" "$tag"
	else
		quietly "saving $tag" docker save -o "$work/$name.tar" "$tag"
	fi
	mv "$work/$name.tar" "$images/$name.tar"
	say "$tag, $("$builder" image inspect -f '{{.Size}}' "$tag") bytes"
}

make_program_image() {
	make_image "$1" "$version" --target "$2" --build-arg "BASE=$base" \
		--build-arg "COMMIT=$commit" .
}

make_test_app() {
	local compiler source tool
	compiler=$(command -v build/static/deps/cc || command -v "${CC:-gcc}") || die "no C compiler"
	mkdir -p "$work/app"
	for source in tests/net/sink.c tests/net/traffic.c tests/cluster/look.c; do
		tool=$(basename "$source" .c)
		quietly "compiling $tool" "$compiler" -static -O2 -D_GNU_SOURCE -o "$work/app/$tool" \
			"$source"
	done
	printf '%s\n' 'FROM scratch' 'COPY sink traffic look /' 'USER 65532:65532' \
		'ENTRYPOINT ["/sink"]' 'CMD ["7001", "30000"]' >"$work/app/Dockerfile"
	make_image dormouse-test-app 1 "$work/app"
}

make_test_prometheus() {
	local program
	program=$(command -v prometheus) || {
		quietly "unpacking prometheus" tests/packages.sh unpack "$work/tools" prometheus
		program=$work/tools/usr/bin/prometheus
	}
	mkdir -p "$work/prometheus"
	cp "$program" "$work/prometheus/prometheus"
	printf '%s\n' "FROM $base" 'COPY prometheus /' 'RUN mkdir /data && chown 65532 /data' \
		'USER 65532:65532' 'ENTRYPOINT ["/prometheus"]' >"$work/prometheus/Dockerfile"
	make_image dormouse-test-prometheus 1 "$work/prometheus"
}

# files_of NAME: the paths in that image, into WORK/list.
files_of() {
	local layer
	mkdir "$work/content"
	tar -C "$work/content" -xf "$images/$1.tar"
	while read -r layer; do
		tar -tf "$work/content/$layer"
	done < <(sed -E 's/.*"Layers": ?\[([^]]*)\].*/\1/; s/[", ]+/\n/g' "$work/content/manifest.json" |
		grep .) | sed 's#^\./##; s#^#/#' >"$work/list"
	rm -rf "$work/content"
}

# refuse NAME WHY: an image that is not as it should be is not there.
refuse() {
	rm "$images/$1.tar"
	die "$1:$version $2"
}

# has_files NAME FILE...: an image is more than its program: what its licences ask for is there
# as well. A FILE is a basic regular expression.
has_files() {
	local name=$1 file
	shift
	files_of "$name"
	for file in "$@"; do
		grep -qx "$file" "$work/list" || refuse "$name" "has no $file"
	done
}

# has_only_libraries NAME LIBRARY...: and no other, but for the loader. Names as a linker has them.
has_only_libraries() {
	local name=$1 others
	shift
	files_of "$name"
	others=$(sed -nE 's#^.*/([^/]+)\.so(\.[^/]*)?$#\1#p' "$work/list" | sort -u |
		grep -vxF -f <(printf 'lib%s\n' "$@") | grep -v '^ld-linux' | paste -sd ' ') || true
	[ -z "$others" ] || refuse "$name" "has libraries that nothing in it should need: $others"
}

# is_small NAME MAX: bytes, of the archive.
is_small() {
	local size
	size=$(stat -c %s "$images/$1.tar")
	[ "$size" -le "$2" ] || refuse "$1" "has $size bytes, $((size - $2)) more than the $2 allowed"
	say "$1.tar, $size bytes of $2 allowed"
}

sources=(Dockerfile .dockerignore LICENSE Makefile include sidecar tests/packages.sh tests/static.sh)
tools=(tests/images.sh tests/net/sink.c tests/net/traffic.c tests/cluster/look.c)
mkdir -p "$images"
exec 9<"$0" # one at a time
flock 9
if is_new dormouse "${sources[@]}" && is_new dormouse-source "${sources[@]}" &&
	is_new dormouse-injector "${sources[@]}" &&
	is_new dormouse-test-app "${tools[@]}" && is_new dormouse-test-prometheus tests/images.sh; then
	exit 0
fi
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT
age=$(git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH=$age
find_builder
find_base
is_new dormouse "${sources[@]}" || make_program_image dormouse sidecar
has_files dormouse /dormouse /licenses/{NOTICE,dormouse,LGPL-2.1,libnl,libmicrohttpd,cjson,zlib,musl}
is_new dormouse-source "${sources[@]}" || make_program_image dormouse-source source
has_files dormouse-source /Makefile /sidecar/{sources,static}.sh \
	/libraries/{libnl3,libmicrohttpd,cjson,zlib}'_.*\.dsc'
is_new dormouse-injector "${sources[@]}" || make_program_image dormouse-injector injector
has_files dormouse-injector /usr/bin/dormouse-injector /usr/share/doc/dormouse-injector/copyright \
	'/usr/share/doc/libmicrohttpd[^/]*/copyright' /usr/share/doc/libc6/copyright \
	/usr/share/doc/libcurl/copyright /var/lib/dpkg/status.d/libcurl \
	/usr/share/common-licenses/LGPL-2.1
has_only_libraries dormouse-injector "${libraries[@]}"
is_small dormouse-injector "$injector_max"
is_new dormouse-test-app "${tools[@]}" || make_test_app
is_new dormouse-test-prometheus tests/images.sh || make_test_prometheus
