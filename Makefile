# Dormouse: build, test, lint and install. `make help` lists the targets.
CC ?= gcc
BUILD ?= build
PACKAGES = libnl-3.0 libnl-route-3.0 libmicrohttpd libcjson
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wmissing-prototypes \
	-Wstrict-prototypes -Wpointer-arith -Wvla
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARNINGS) -D_GNU_SOURCE -Iinclude $(shell pkg-config --cflags $(PACKAGES)) $(CFLAGS)
LIBS = $(shell pkg-config --libs $(PACKAGES)) -lm

SOURCES = $(filter-out sidecar/main.c,$(wildcard sidecar/*.c)) \
	$(wildcard sidecar/collect/*.c sidecar/detect/*.c sidecar/alert/*.c sidecar/serve/*.c sidecar/state/*.c)
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o)
TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))

all: $(BUILD)/dormouse

$(BUILD)/dormouse: $(BUILD)/sidecar/main.o $(BUILD)/libdormouse.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libdormouse.a: $(OBJECTS)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libdormouse.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(BUILD)/libdormouse.a $(LIBS) -lcmocka

unit: $(TESTS)
	@set -e; for t in $(TESTS); do $$t; done

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all unit clean
