/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_cache.c - renders metrics into entries that several readers share. */
#include "metrics_cache.h"

#include <stdlib.h>

int metrics_cache_init(struct metrics_cache *c)
{
	*c = (struct metrics_cache){0};
	c->entries[0].is_first = true;
	c->entries[0].data = malloc(METRICS_BYTES_MAX);
	return c->entries[0].data ? 0 : -1;
}

void metrics_cache_free(struct metrics_cache *c)
{
	for (int i = 0; i < METRICS_CACHE_MAX; i++)
		free(c->entries[i].data);
}

/* --- readers -------------------------------------------------------------------------
 */
/* A client that reads an entry. The library destroys its response before it closes the
 * connection. */
struct reader {
	struct cached_metrics *entry;
	struct connection *who;
	struct reader *next;
};

/* MHD_ContentReaderFreeCallback: a response was destroyed. What a crowd needed is given
 * back, but for the first entry. */
static void stop_reading(void *context)
{
	struct reader *r = context, **at = &r->entry->readers;
	struct cached_metrics *entry = r->entry;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	free(r);
	if (!entry->readers && !entry->is_first) {
		free(entry->data);
		entry->data = NULL;
	}
}

static struct reader *begin_reading(struct cached_metrics *entry,
				    struct connection *who)
{
	struct reader *r = malloc(sizeof(*r));

	if (!r)
		return NULL;
	*r = (struct reader){.entry = entry, .who = who, .next = entry->readers};
	entry->readers = r;
	return r;
}

/* The library lets go of the entry in its next turn. */
static void cut_readers(const struct cached_metrics *entry)
{
	for (const struct reader *r = entry->readers; r; r = r->next)
		if (r->who && !r->who->cut)
			connection_cut(r->who, HTTP_CUT_REQUEST);
}

/* --- entries -------------------------------------------------------------------------
 */
static bool is_page(const struct cached_metrics *entry, uint64_t sample,
		    struct metrics_form form)
{
	return entry->sample == sample && entry->form.detail == form.detail &&
	       entry->form.openmetrics == form.openmetrics;
}

/* Returns an entry of this sample that is being read, else an entry without readers;
 * NULL when there is none. */
static struct cached_metrics *choose(struct metrics_cache *c, uint64_t sample,
				     struct metrics_form form)
{
	struct cached_metrics *idle = NULL;

	for (int i = METRICS_CACHE_MAX - 1; i >= 0; i--) {
		struct cached_metrics *entry = &c->entries[i];

		if (!entry->readers)
			idle = entry;
		else if (is_page(entry, sample, form))
			return entry;
	}
	return idle;
}

/* Keeps an entry free for whoever asks next: who has not read an older sample's until
 * now is too slow. */
static void make_room(const struct metrics_cache *c, uint64_t sample)
{
	unsigned idle = 0;

	for (int i = 0; i < METRICS_CACHE_MAX; i++)
		idle += !c->entries[i].readers;
	for (int i = 0; idle < 2 && i < METRICS_CACHE_MAX; i++)
		if (c->entries[i].sample != sample)
			cut_readers(&c->entries[i]);
}

static int render(struct cached_metrics *entry, const struct serve_source *source,
		  struct metrics_form form)
{
	if (!entry->data && !(entry->data = malloc(METRICS_BYTES_MAX)))
		return -1;
	struct text t = text_over(entry->data, METRICS_BYTES_MAX);

	metrics_render(source, form, &t);
	entry->length = t.length;
	entry->sample = source->stats->samples;
	entry->form = form;
	return t.overflowed ? -1 : 0;
}

struct MHD_Response *metrics_cache_response(struct metrics_cache *c,
					    const struct serve_source *source,
					    struct metrics_form form,
					    struct connection *who)
{
	uint64_t sample = source->stats->samples;
	struct cached_metrics *entry = choose(c, sample, form);

	make_room(c, sample);
	if (!entry || (!entry->readers && render(entry, source, form) < 0))
		return NULL;
	struct reader *r = begin_reading(entry, who);
	if (!r)
		return NULL;
	struct MHD_Response *response =
	    MHD_create_response_from_buffer_with_free_callback_cls(
		entry->length, entry->data, stop_reading, r);
	if (!response)
		stop_reading(r);
	return response;
}
