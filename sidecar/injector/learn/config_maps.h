/* SPDX-License-Identifier: Apache-2.0 */
/* config_maps.h - baselines as ConfigMaps, one a namespace, a key a workload. */
#ifndef DORMOUSE_INJECTOR_LEARN_CONFIG_MAPS_H
#define DORMOUSE_INJECTOR_LEARN_CONFIG_MAPS_H

#include "learning.h"

/* Bytes of the keys and documents of one namespace. The API server takes 1 MiB of all
 * that an object has. */
#define CONFIG_MAP_MAX (900u << 10)

/* Fails with what to leave out if the baselines of a namespace are too long for one
 * ConfigMap. */
int config_maps_fit(const struct learning *l, struct error *err);

/* Prints the ConfigMaps on standard output, as kubectl reads them. */
int config_maps_print(const struct learning *l, struct error *err);

/* What writing changes, or would change. */
enum config_map_change {
	CHANGE_NEW,   /* the workload had no baseline */
	CHANGE_OTHER, /* it had another one */
	CHANGE_NONE,
	CHANGE_COUNT
};

struct config_map_writer {
	const struct injector_options *options;
	bool writes; /* else it only looks */
	/* Called for each baseline; `old` is the document that is there, or NULL. */
	void (*tell)(void *context, const struct workload *w,
		     enum config_map_change change, const char *old);
	void *context;
};

/* Reads each namespace's ConfigMap from the API server, and writes the keys that
 * differ, and no others. What a document there has beside what is learnt (peers,
 * members that this version does not know) stays. Each namespace's ConfigMap is looked
 * at before the first is written. A conflict is tried again with what is there then.
 * Returns 0, or -1 with the first failure. */
int config_maps_write(const struct learning *l, const struct config_map_writer *writer,
		      struct error *err);

#endif
