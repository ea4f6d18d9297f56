/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c - the names of the signals. */
#include "dormouse/sample.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name, *unit;
	struct signal_words words;
} signals[SIGNAL_COUNT] = {
#define SIGNAL(id, name, unit, kind, limits, shown, metric, title, does, did, how)     \
	[SIGNAL_##id] = {name, unit, {title, does, did, how}},
#include "config/signals.def"
#undef SIGNAL
};

const char *signal_name(enum signal signal)
{
	return signals[signal].name;
}

const char *signal_unit(enum signal signal)
{
	return signals[signal].unit;
}

const struct signal_words *signal_words(enum signal signal)
{
	return &signals[signal].words;
}

int signal_by_name(const char *name)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (strcmp(signals[i].name, name) == 0)
			return i;
	return -1;
}
