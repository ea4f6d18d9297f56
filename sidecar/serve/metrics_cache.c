/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_cache.c - renders metrics into entries that several readers share. */
#include "metrics_cache.h"

#include <stdlib.h>

int metrics_cache_init(struct metrics_cache *c)
{
	*c = (struct metrics_cache){0};
	c->entries[0].data = malloc(METRICS_BYTES_MAX);
	return c->entries[0].data ? 0 : -1;
}

void metrics_cache_free(struct metrics_cache *c)
{
	for (int i = 0; i < METRICS_CACHE_MAX; i++)
		free(c->entries[i].data);
}

/* MHD_ContentReaderFreeCallback: a response was destroyed. */
static void stop_reading(void *context)
{
	struct cached_metrics *entry = context;

	entry->readers--;
}

/* Returns an entry of this sample that is being read, else an entry without readers;
 * NULL when there is none. */
static struct cached_metrics *choose(struct metrics_cache *c, uint64_t sample,
				     bool openmetrics)
{
	struct cached_metrics *idle = NULL;

	for (int i = METRICS_CACHE_MAX - 1; i >= 0; i--) {
		struct cached_metrics *entry = &c->entries[i];

		if (entry->readers == 0)
			idle = entry;
		else if (entry->sample == sample && entry->openmetrics == openmetrics)
			return entry;
	}
	return idle;
}

static int render(struct cached_metrics *entry, const struct serve_source *source,
		  bool openmetrics)
{
	if (!entry->data && !(entry->data = malloc(METRICS_BYTES_MAX)))
		return -1;
	struct text t = text_over(entry->data, METRICS_BYTES_MAX);

	metrics_render(source, openmetrics, &t);
	entry->length = t.length;
	entry->sample = source->stats->samples;
	entry->openmetrics = openmetrics;
	return t.overflowed ? -1 : 0;
}

struct MHD_Response *metrics_cache_response(struct metrics_cache *c,
					    const struct serve_source *source,
					    bool openmetrics)
{
	struct cached_metrics *entry = choose(c, source->stats->samples, openmetrics);

	if (!entry)
		return NULL;
	if (entry->readers == 0 && render(entry, source, openmetrics) < 0)
		return NULL;
	struct MHD_Response *response =
	    MHD_create_response_from_buffer_with_free_callback_cls(
		entry->length, entry->data, stop_reading, entry);
	if (response)
		entry->readers++;
	return response;
}
