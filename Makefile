# SPDX-License-Identifier: Apache-2.0
# Builds, tests, lints and installs Dormouse. `make help` lists the targets.
#
# The rooms' sources (those that sidecar/ROOMS lists) become build/libdormouse.a, which the
# programs and every test link; the injector's build/libinjector.a. A file added in its folder is built without a change
# here.

VERSION = 0.1.0
# The most that the static binary may have, in bytes: 448 KiB. With the licence texts that
# go with it, the sidecar's image stays below 512 KiB.
STATIC_MAX = 458752
BUILD ?= build
PREFIX ?= /usr/local

# --- what the targets need -------------------------------------------------------------
# Debian's names. Targets that build or test check once, by a stamp in build/packages, and
# again when these lists change; `make run`, `make test` and their like install what is
# missing, the others only say it. PACKAGES=skip trusts the machine.
PACKAGES_build = gcc libc6-dev pkg-config libnl-3-dev \
	libmicrohttpd-dev libcjson-dev zlib1g-dev
PACKAGES_injector = libgnutls28-dev libcurl4-gnutls-dev
PACKAGES_slim = gcc libc6-dev pkg-config libgnutls28-dev dpkg-dev xz-utils
PACKAGES_run = curl
PACKAGES_test = libcmocka-dev iproute2 iperf3 curl jq openssl procps python3 python3-jsonschema python3-yaml strace faketime
PACKAGES_relays = socat haproxy nginx libnginx-mod-stream dante-server microsocks openssh-server \
	openssh-client
PACKAGES_pod = podman runc catatonit
PACKAGES_lint = clang clang-format clang-tidy cppcheck shellcheck libcmocka-dev
PACKAGES_valgrind = valgrind
PACKAGES_fuzz = clang llvm libclang-rt-$(shell clang -dumpversion | cut -d. -f1)-dev
PACKAGES_static = gcc libc6-dev pkg-config linux-libc-dev binutils dpkg-dev xz-utils
PACKAGES = $(if $(filter all install,$(or $(MAKECMDGOALS),all)),tell,install)

# --- how things are compiled -----------------------------------------------------------
ifeq ($(origin CC),default)
CC = gcc
endif
# Whoever gives CFLAGS decides about hardening too, as packagers, sanitizers and fuzzers do.
ifeq ($(origin CFLAGS),undefined)
CFLAGS = -O2 -g $(HARDENED)
LDFLAGS ?= $(HARDENED_LINK)
endif
# Overflows end the program, calls and jumps land where they should (x86, arm64), and no page
# is both written and run.
HARDENED = -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection $(BRANCH_PROTECTION)
HARDENED_LINK = -pie -Wl,-z,relro,-z,now,-z,noexecstack
BRANCH_PROTECTION = $(eval BRANCH_PROTECTION := $(shell for flag in -fcf-protection \
	-mbranch-protection=standard; do $(CC) $$flag -E -x c /dev/null >/dev/null 2>&1 && \
	echo $$flag; done))$(BRANCH_PROTECTION)
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wmissing-prototypes \
	-Wstrict-prototypes -Wpointer-arith -Wvla
ALL_CFLAGS = -std=gnu11 $(WARNINGS) -D_GNU_SOURCE -Iinclude -Isidecar $(LIB_CFLAGS) $(CFLAGS)
# The injector has libraries that the sidecar does without.
CURL_LIBS = -lcurl-gnutls
INJECTOR_LIBS = $(CURL_LIBS) -lgnutls -lpthread

# pkg-config is asked when the first recipe needs it, after its package was installed, and
# only once.
LIBRARIES = libnl-3.0 libmicrohttpd libcjson zlib
LIB_CFLAGS = $(eval LIB_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES)))$(LIB_CFLAGS)
LIBS = $(eval LIBS := $(shell pkg-config --libs $(LIBRARIES)) -lm)$(LIBS)

COMMIT = $(eval COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null \
	|| echo unknown))$(COMMIT)
VERSION_FLAGS = -DDORMOUSE_VERSION='"$(VERSION)"' -DDORMOUSE_COMMIT='"$(COMMIT)"'

ROOMS := $(shell sed -n 's/^\([a-z][a-z/]*\) .*/\1/p' sidecar/ROOMS)
ROOM_SOURCES = $(foreach room,$(ROOMS),$(wildcard sidecar/$(room)/*.c))
SOURCES = $(filter-out sidecar/main.c,$(wildcard sidecar/*.c)) \
	$(filter-out sidecar/injector/%,$(ROOM_SOURCES))
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o)
INJECTOR_SOURCES = $(filter-out %/main.c,$(filter sidecar/injector/%,$(ROOM_SOURCES)))
INJECTOR_OBJECTS = $(INJECTOR_SOURCES:%.c=$(BUILD)/%.o)
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c tests/unit/*/test_*.c))
STATIC_UNIT_TESTS = $(patsubst $(BUILD)/%,$(STATIC)/%,$(filter-out $(BUILD)/tests/injector/%,$(UNIT_TESTS)))
PRINT_TABLES = $(BUILD)/tests/serve/print_tables
POD_TESTS = tests/net/test_pod.sh
CROWD_TESTS = tests/net/test_hostile.sh tests/net/test_injector_crowd.sh
NET_TESTS = $(filter-out $(POD_TESTS) $(CROWD_TESTS),$(wildcard tests/net/test_*.sh))
NET_TOOLS = $(patsubst tests/net/%.c,$(BUILD)/tests/net/%,$(wildcard tests/net/*.c))
DEPENDENCIES = $(addprefix $(BUILD)/,sidecar tests bench lint)
BENCHES = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))

# --- the program -----------------------------------------------------------------------
all: $(BUILD)/dormouse $(BUILD)/dormouse-injector ## both programs, against the distribution's libraries

run: $(BUILD)/dormouse $(BUILD)/packages/run ## builds and runs the monitor in this network namespace
	@exec $(BUILD)/dormouse run

$(BUILD)/dormouse: $(BUILD)/sidecar/main.o $(BUILD)/libdormouse.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/dormouse-injector: $(BUILD)/sidecar/injector/main.o $(BUILD)/libinjector.a \
		$(BUILD)/libdormouse.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(INJECTOR_LIBS) $(LIBS)

# A static pattern: of a rule like "%.o: | x" without a recipe make takes no notice.
$(INJECTOR_OBJECTS) $(BUILD)/sidecar/injector/main.o: $(BUILD)/%.o: | $(BUILD)/packages/injector

$(BUILD)/libinjector.a: $(INJECTOR_OBJECTS)
$(BUILD)/libdormouse.a: $(OBJECTS)
$(BUILD)/lib%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

# Where time matters more than size, if CFLAGS goes for size: what each sample goes
# through, and of replay each row.
$(foreach file,detect/deltas detect/detector detect/windows replay/csv \
	replay/rows,$(BUILD)/sidecar/$(file).o): OBJECT_FLAGS = $(FAST)

$(BUILD)/%.o: %.c | $(BUILD)/packages/build
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(OBJECT_FLAGS) -MMD -MP -c -o $@ $<

# The version and the commit reach the one file that prints them; a change of either
# compiles that file again and no other.
$(BUILD)/sidecar/base/version.o: OBJECT_FLAGS = $(VERSION_FLAGS)
$(BUILD)/sidecar/base/version.o: $(BUILD)/version
$(BUILD)/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION) $(COMMIT)' | cmp -s - $@ || echo '$(VERSION) $(COMMIT)' >$@

# Against musl, with libraries of our own making: see sidecar/static.sh. The same rules as
# above, in a folder and with a compiler of its own. LIBRARY_SOURCES=DIR names sources that are there.
STATIC = $(BUILD)/static
LIBRARY_FILES = $(if $(LIBRARY_SOURCES),$(wildcard $(LIBRARY_SOURCES)/*))
STATIC_MAKE = $(MAKE) --no-print-directory BUILD=$(STATIC) PACKAGES=skip CC=$(STATIC)/deps/cc \
	AR=gcc-ar CFLAGS=-Oz FAST="-O2 -falign-functions=1 -falign-jumps=1 -falign-loops=1 -falign-labels=1" LDFLAGS=-s
OWN_LIBS = -lnl-3 -lmicrohttpd -lcjson -lz -lm
static: $(STATIC)/deps/versions ## build/static/dormouse: static, stripped, hardened
	@$(STATIC_MAKE) LIB_CFLAGS= LIBS="-L$(STATIC)/deps/lib $(OWN_LIBS)" $(STATIC)/dormouse
	@cat $(STATIC)/deps/versions
	@sidecar/licenses.sh $(STATIC) $(VERSION) $(COMMIT)
	@tests/static.sh $(STATIC)/dormouse $(STATIC_MAX)

# What the static program may do once it is confined, tried with the same C library.
static-tools: static
	@$(STATIC_MAKE) LIB_CFLAGS= LIBS="-L$(STATIC)/deps/lib $(OWN_LIBS)" $(STATIC)/tests/net/attempts

# With another compiler or library all is compiled anew.
$(STATIC)/deps/versions: sidecar/static.sh sidecar/libraries.sh sidecar/sources.sh $(LIBRARY_FILES) | $(BUILD)/packages/static
	@rm -rf $(STATIC)/sidecar $(STATIC)/libdormouse.a $(STATIC)/dormouse
	@sidecar/static.sh $(@D) $(LIBRARY_SOURCES)

# The injector of the image: hardened, stripped, and linked with a libcurl that has only what it
# uses, see sidecar/curl.sh. LIBRARY_SOURCES=DIR names sources that are there.
SLIM = $(BUILD)/slim
SLIM_FLAGS = $(HARDENED) -ffunction-sections -fdata-sections
SLIM_VARIABLES = BUILD=$(SLIM) PACKAGES=skip LDFLAGS="-s $(HARDENED_LINK) -Wl,--gc-sections" \
	CFLAGS="-O2 $(SLIM_FLAGS) -isystem $(SLIM)/deps/include" \
	CURL_LIBS="$(SLIM)/deps/lib/libcurl.a -lnettle"
slim: $(SLIM)/deps/versions | $(BUILD)/packages/build ## build/slim/dormouse-injector: as its image has it
	@$(MAKE) --no-print-directory $(SLIM_VARIABLES) $(SLIM)/dormouse-injector

$(SLIM)/deps/versions: sidecar/curl.sh sidecar/sources.sh $(LIBRARY_FILES) | $(BUILD)/packages/slim
	@CC="$(CC)" CFLAGS="-Os $(SLIM_FLAGS)" sidecar/curl.sh $(@D) $(LIBRARY_SOURCES)

install: all ## into $(DESTDIR)$(PREFIX)/bin
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(BUILD)/dormouse $(BUILD)/dormouse-injector

images: ## both images, as archives in build/images: with docker, or podman as root
	@tests/images.sh $(BUILD) $(VERSION) $(COMMIT)

# --- tests -----------------------------------------------------------------------------
# With TESTED=static the sidecar that ships is tested: its rooms' own tests with its compiler, C
# library and libraries, the others on the binary itself. Without, the one that `make` builds.
TESTED =
ifeq ($(TESTED),static)
TESTED_UNITS = $(STATIC_UNIT_TESTS) $(filter $(BUILD)/tests/injector/%,$(UNIT_TESTS))
RUN_TESTS = DORMOUSE=$(CURDIR)/$(STATIC)/dormouse $(WATCH) tests/run.sh $(BUILD)
$(STATIC_UNIT_TESTS): static-units
else
TESTED_UNITS = $(UNIT_TESTS)
RUN_TESTS = $(WATCH) tests/run.sh $(BUILD)
endif

test: tests static static-tools ## every test: the rooms' own, and real traffic in network namespaces
	@$(RUN_TESTS) $(TESTED_UNITS) tests/test_hardened.sh tests/quality/test_quality.sh \
		tests/manifests/test_manifests.sh $(NET_TESTS)

unit: $(TESTED_UNITS) ## the rooms' own tests only (cmocka)
	@$(RUN_TESTS) $(TESTED_UNITS)

net: $(BUILD)/dormouse $(BUILD)/dormouse-injector $(NET_TOOLS) $(BUILD)/packages/prometheus $(BUILD)/packages/relays static static-tools ## the namespace tests only (as root)
	@$(RUN_TESTS) $(NET_TESTS)

tests: $(BUILD)/dormouse $(BUILD)/dormouse-injector $(TESTED_UNITS) $(PRINT_TABLES) $(NET_TOOLS) $(BUILD)/packages/prometheus \
		$(BUILD)/packages/relays

static-units: static $(STATIC)/cmocka/versions
	@$(STATIC_MAKE) LIB_CFLAGS="-isystem $(STATIC)/cmocka/include" \
		LIBS="-L$(STATIC)/deps/lib $(OWN_LIBS) -L$(STATIC)/cmocka/lib" $(STATIC_UNIT_TESTS)

$(STATIC)/cmocka/versions: tests/cmocka.sh sidecar/sources.sh $(STATIC)/deps/versions
	@CC=$(STATIC)/deps/cc tests/cmocka.sh $(@D)

# With a container runtime, which is too much to put on everyone's machine.
pod: static $(BUILD)/dormouse $(NET_TOOLS) $(BUILD)/packages/test $(BUILD)/packages/pod ## the hand-written pod of manifests/examples, run by podman (as root)
	@tests/run.sh $(BUILD) $(POD_TESTS)

# Takes all the processors that it gets, which nothing else that is tested should suffer.
crowd: $(BUILD)/dormouse-injector $(NET_TOOLS) $(BUILD)/packages/test ## crowds of clients at the monitor's and the injector's ports (as root)
	@tests/run.sh $(BUILD) $(CROWD_TESTS)

cluster: $(BUILD)/dormouse-injector $(BUILD)/packages/test ## the end-to-end test, in the cluster that KUBECONFIG names: tests/cluster/run.sh
	@tests/cluster/run.sh $(BUILD) $(VERSION) $(COMMIT)

# Builds that check more, each in its folder build/KIND. They have the versions of the libraries
# that ship, checked in the same way: $(call checked,KIND) makes targets there.
KINDS = sanitize races fuzz coverage
CHECKED = -O1 -g -fno-omit-frame-pointer
UNDEFINED = -fsanitize=undefined -fno-sanitize-recover=undefined
sanitize_CC = $(CC)
sanitize_FLAGS = $(CHECKED) -fsanitize=address $(UNDEFINED)
races_CC = $(CC)
races_FLAGS = $(CHECKED) -fsanitize=thread
fuzz_CC = clang
fuzz_FLAGS = $(CHECKED) -fsanitize=fuzzer-no-link -fsanitize=address $(UNDEFINED)
coverage_CC = clang
COUNTERS = -fprofile-instr-generate -fcoverage-mapping
coverage_FLAGS = -O1 -g $(COUNTERS) -mllvm -runtime-counter-relocation -DDORMOUSE_UNCONFINED
checked = $(MAKE) --no-print-directory BUILD=$(BUILD)/$(1) PACKAGES=$(PACKAGES) \
	STATIC=$(STATIC) CC="$($(1)_CC)" CFLAGS="$($(1)_FLAGS)" \
	LIB_CFLAGS="-isystem $(BUILD)/$(1)/deps/include" \
	LIBS="-L$(BUILD)/$(1)/deps/lib $(OWN_LIBS) -lgnutls"

# With other libraries all is compiled anew. Of them coverage counts nothing, and undefined
# behaviour is their authors' affair: libnl shifts into the sign of an int for each socket.
$(KINDS:%=$(BUILD)/%/deps/versions): $(BUILD)/%/deps/versions: tests/libraries.sh \
		sidecar/libraries.sh $(STATIC)/deps/versions | $(BUILD)/packages/injector
	@rm -rf $(BUILD)/$*/sidecar $(BUILD)/$*/tests $(BUILD)/$*/*.a
	@CC="$($*_CC)" CFLAGS="$(filter-out $(COUNTERS) $(UNDEFINED),$($*_FLAGS))" \
		tests/libraries.sh $(@D) $(STATIC)/deps
$(BUILD)/fuzz/deps/versions $(BUILD)/coverage/deps/versions: | $(BUILD)/packages/fuzz

SUITES = unit net
sanitize: $(BUILD)/sanitize/deps/versions ## unit and net tests under the address and undefined behaviour sanitizers
	+@for suite in $(SUITES); do \
		$(call checked,sanitize) WATCH="tests/sanitized.sh $(BUILD)/sanitize/reports" $$suite || exit 1; \
	done

# The injector is the program with threads. Its pages must lie where the sanitizer looks for them:
# setarch -R. Some tests have a malloc() of their own, before which the sanitizer would have to start.
RACED_UNITS = $(filter-out %/test_memory %/test_failing_calls,$(filter $(BUILD)/tests/injector/%,$(UNIT_TESTS)))
races: $(BUILD)/races/deps/versions ## the injector's unit and net tests under the thread sanitizer
	+@$(call checked,races) WATCH="setarch -R tests/sanitized.sh $(BUILD)/races/reports" \
		UNIT_TESTS='$(RACED_UNITS:$(BUILD)/%=$(BUILD)/races/%)' \
		NET_TESTS='$(filter tests/net/test_inject%,$(NET_TESTS))' raced
raced: $(UNIT_TESTS) $(BUILD)/dormouse $(BUILD)/dormouse-injector $(NET_TOOLS)
	@$(RUN_TESTS) $(UNIT_TESTS) $(NET_TESTS)

# SUITES say which tests count, here as well.
COUNTED = $(BUILD)/coverage/counters
coverage: $(BUILD)/coverage/deps/versions ## what of each room the unit and net tests reach
	@rm -rf $(COUNTED)
	+@for suite in $(SUITES); do \
		$(call checked,coverage) WATCH="tests/coverage.sh run $(COUNTED)" $$suite || \
			echo "coverage: make $$suite failed"; \
	done
	@tests/coverage.sh report $(COUNTED) $(UNIT_TESTS:$(BUILD)/%=$(BUILD)/coverage/%) \
		$$(ls $(BUILD)/coverage/dormouse $(BUILD)/coverage/dormouse-injector 2>/dev/null)

# Tests of the injector lie in its folder, its fuzzers are named after it.
$(BUILD)/tests/injector/test_% $(BUILD)/tests/fuzz_inject%: LDLIBS = $(BUILD)/libinjector.a \
	$(BUILD)/libdormouse.a $(INJECTOR_LIBS)
$(filter $(BUILD)/tests/injector/%,$(UNIT_TESTS)): $(BUILD)/libinjector.a

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libdormouse.a | $(BUILD)/packages/test
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(LDLIBS) \
		$(BUILD)/libdormouse.a $(LIBS) -lcmocka

$(BUILD)/tests/net/reviewer: TOOL_LIBS = -lgnutls
$(BUILD)/tests/net/reviewer: | $(BUILD)/packages/injector
$(BUILD)/tests/net/attempts: TOOL_LIBS = $(BUILD)/libdormouse.a -lpthread $(LIBS)
$(BUILD)/tests/net/attempts: $(BUILD)/libdormouse.a
$(BUILD)/tests/net/%: tests/net/%.c | $(BUILD)/packages/build $(BUILD)/packages/test
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(TOOL_LIBS)

# A fuzzer is libFuzzer's LLVMFuzzerTestOneInput() in tests/fuzz/fuzz_NAME.c; the inputs to
# start from, if any, lie in tests/fuzz/NAME/. With -j they run side by side.
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS = 30
FUZZ = -max_total_time=$(FUZZ_SECONDS)
$(filter $(BUILD)/tests/fuzz_inject%,$(FUZZERS)): $(BUILD)/libinjector.a
fuzz: $(BUILD)/fuzz/deps/versions ## feeds each parser garbage: make fuzz FUZZ_SECONDS=60
	+@$(call checked,fuzz) fuzzers
fuzzers: $(FUZZERS:%=%.fuzzed)
$(FUZZERS:%=%.fuzzed): %.fuzzed: % FORCE
	@tests/fuzz/run.sh $(BUILD) $< $(FUZZ)

$(BUILD)/tests/%: tests/fuzz/%.c $(BUILD)/libdormouse.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -MMD -MP -MF $@.d -o $@ $< \
		$(LDLIBS) $(BUILD)/libdormouse.a $(LIBS)

# A corpus is a folder of labelled traces; without CORPUS it is the project's own.
CORPUS = $(BUILD)/quality
score: $(BUILD)/dormouse $(CORPUS)/labels.json ## scores the detector: make score CORPUS=DIR
	@tests/quality/score.py --corpus $(CORPUS) --detector '$(BUILD)/dormouse replay --lifecycle {trace}'

$(BUILD)/quality/labels.json: $(wildcard tests/quality/*.py) | $(BUILD)/packages/test
	@tests/quality/generate.py --out $(@D)

# Fits the points of the risk. FIT and TEST are folders of labelled traces.
calibrate: $(BUILD)/tests/quality/features ## fits the risk's points: make calibrate FIT='DIR...' TEST='DIR...'
	@tests/quality/calibrate.py --features $< --fit $(FIT) --test $(TEST)

$(BUILD)/tests/quality/features: tests/quality/features.c $(BUILD)/libdormouse.a | $(BUILD)/packages/test
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Wl,--wrap=risk_of -MMD -MP -MF $@.d -o $@ $< \
		$(BUILD)/libdormouse.a $(LIBS)

# Counts and sizes, no times: it may run beside anything.
SOAK_SECONDS = 600
soak: static $(BUILD)/dormouse $(NET_TOOLS) $(BUILD)/packages/test ## a long run: no growth, no drift: make soak SOAK_SECONDS=3600 (as root)
	@tests/bench/soak.sh $(SOAK_SECONDS)

valgrind: $(BUILD)/dormouse $(NET_TOOLS) $(BUILD)/packages/test $(BUILD)/packages/valgrind ## a minute of run with traffic, under valgrind (as root)
	@tests/bench/valgrind.sh

# The programs with LeakSanitizer, which stops all threads by ptrace: so they are not confined. And
# what makes allocations fail.
TORTURE = $(BUILD)/torture
tortured: FORCE
	@$(MAKE) --no-print-directory BUILD=$(TORTURE) PACKAGES=skip \
		CFLAGS="-O1 -g -fsanitize=leak -DDORMOUSE_UNCONFINED" all
$(TORTURE)/fail_alloc.so: tests/torture/fail_alloc.c | $(BUILD)/packages/build
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -fPIC -shared -o $@ $<

# With EVERY only each so manieth failure, beginning at another one in each lane.
torture: all tortured $(TORTURE)/fail_alloc.so $(BUILD)/packages/test ## each allocation and each system call of each command fails once (as root): make torture EVERY=600
	@tests/torture/run.sh $(BUILD) $(EVERY)

bench: $(BENCHES) ## measures: CPU, memory, throughput
	@for bench in $(BENCHES); do $$bench || exit 1; done

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libdormouse.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(BUILD)/libdormouse.a \
		$(LIBS)

# --- lint ------------------------------------------------------------------------------
# Each file is read again when it or a header that it includes changes.
LINT_FILES = $(shell find sidecar include manifests tests \( -name '*.[ch]' -o -name '*.sh' \) -print) \
	.ci/run Makefile
lint: $(LINT_FILES:%=$(BUILD)/lint/%.done) $(BUILD)/lint/rooms.done $(BUILD)/lint/docs.done ## formatting, warnings, analyzers, banned functions, rooms, links
	@echo "lint: $(words $(LINT_FILES)) files, nothing found"

$(BUILD)/lint/%.done: % tests/lint.sh .clang-format .clang-tidy tests/.clang-tidy \
		| $(BUILD)/packages/build $(BUILD)/packages/injector $(BUILD)/packages/lint
	@mkdir -p $(@D)
	@echo "lint $<"
	@tests/lint.sh $< $(if $(filter %.c %.h,$<),$(ALL_CFLAGS) -MMD -MP -MT $@ -MF $@.d)
	@touch $@

$(BUILD)/lint/rooms.done: tests/rooms.sh sidecar/ROOMS $(LINT_FILES)
	@mkdir -p $(@D)
	@tests/rooms.sh
	@touch $@

# What gcc's analyzer of Debian 12 says differs from that of others, so it is no part of lint.
analyze: $(BUILD)/packages/build $(BUILD)/packages/injector ## gcc's static analyzer, over all sources of both programs
	@tests/analyze.sh sidecar/main.c sidecar/injector/main.c $(SOURCES) $(INJECTOR_SOURCES) -- $(ALL_CFLAGS)

# Pages link to files of all kinds. A folder is newer than the stamp when a file in it has come,
# gone or moved; with the dot it is not the target of its name.
PAGES = $(wildcard *.md) $(shell find sidecar/. include/. manifests/. tests/. -type d -o -name '*.md')
$(BUILD)/lint/docs.done: tests/docs.sh sidecar/ROOMS $(PAGES)
	@mkdir -p $(@D)
	@tests/docs.sh
	@touch $@

# --- manifests -------------------------------------------------------------------------
manifests: $(PRINT_TABLES) manifests/install.yaml ## writes flags and kinds into manifests and manual; renders install.yaml from its base (needs kubectl)
	@manifests/tables.py $(PRINT_TABLES)
manifests/install.yaml: manifests/render.sh $(wildcard manifests/base/*)
	$< >$@.new && mv $@.new $@

# --- the rest --------------------------------------------------------------------------
$(BUILD)/packages/fuzz: $(BUILD)/packages/lint
$(BUILD)/packages/%: Makefile tests/packages.sh
	@mkdir -p $(@D)
	@tests/packages.sh $(PACKAGES) $(PACKAGES_$*)
	@touch $@

$(BUILD)/packages/alertmanager: Makefile tests/packages.sh | $(BUILD)/packages/test
	@command -v amtool >/dev/null || [ $(PACKAGES) = skip ] || \
		tests/packages.sh unpack $(BUILD)/tools prometheus-alertmanager
	@touch $@

# Only its programs, in build/tools: installed, it would run as a service. Newer releases
# have promtool in a package of its own.
$(BUILD)/packages/prometheus: Makefile tests/packages.sh | $(BUILD)/packages/test \
		$(BUILD)/packages/alertmanager
	@command -v promtool >/dev/null || [ $(PACKAGES) = skip ] || \
		tests/packages.sh unpack $(BUILD)/tools prometheus \
			$$(apt-cache --names-only search '^promtool$$' | cut -d ' ' -f 1)
	@touch $@

# Programs that relay, for tests/net/test_relays.sh, which does without those that this
# release does not have. Installed, they would run as services.
$(BUILD)/packages/relays: Makefile tests/packages.sh | $(BUILD)/packages/test
	@[ $(PACKAGES) = skip ] || for package in $(PACKAGES_relays); do \
		tests/packages.sh unpack-whole $(BUILD)/tools/relays $$package || \
			echo "packages: doing without $$package"; done
	@touch $@

clean: ## removes everything that was built
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1 \2/p' Makefile | \
		while read -r target text; do printf '  make %-10s %s\n' "$$target" "$$text"; done

# What the compiler wrote about headers, from the folders that it writes to: not from what
# was unpacked or generated beside them.
-include $(shell find $(DEPENDENCIES) -type f -name '*.d' 2>/dev/null)
# Objects and stamps that only a pattern asks for are kept.
.SECONDARY:
.PHONY: all run static static-tools slim install images test tests static-units unit net pod crowd cluster score calibrate torture tortured sanitize races raced coverage fuzz fuzzers soak valgrind bench lint analyze manifests clean help FORCE
