/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_cache.c - renders metrics into entries that several readers share. */
#include "metrics_cache.h"

#include <stdlib.h>
#include <string.h>

/* How many bytes of a page the library copies at a time. It keeps them for each
 * client. */
#define READ_BYTES 2048

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

/* --- readers -------------------------------------------------------------------------
 */
/* A client that reads an entry, unless the entry was taken for another page since. */
struct reader {
	struct cached_metrics *entry;
	uint64_t page;
};

/* MHD_ContentReaderCallback: an answer of an entry that was taken ends early. */
static ssize_t read_page(void *context, uint64_t position, char *data, size_t max)
{
	const struct reader *r = context;
	size_t left = r->entry->length - (size_t)position;

	if (r->entry->page != r->page)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (left > max)
		left = max;
	memcpy(data, r->entry->data + position, left);
	return (ssize_t)left;
}

/* MHD_ContentReaderFreeCallback: a response was destroyed. */
static void stop_reading(void *context)
{
	struct reader *r = context;

	if (r->entry->page == r->page)
		r->entry->readers--;
	free(r);
}

/* --- entries -------------------------------------------------------------------------
 */
static bool is_page(const struct cached_metrics *entry, uint64_t sample,
		    struct metrics_form form)
{
	return entry->sample == sample && entry->form.detail == form.detail &&
	       entry->form.openmetrics == form.openmetrics;
}

/* Returns an entry of this sample that is being read, else an entry without readers,
 * else the oldest page: who has not read it until now is too slow. */
static struct cached_metrics *choose(struct metrics_cache *c, uint64_t sample,
				     struct metrics_form form)
{
	struct cached_metrics *idle = NULL, *oldest = &c->entries[0];

	for (int i = METRICS_CACHE_MAX - 1; i >= 0; i--) {
		struct cached_metrics *entry = &c->entries[i];

		if (entry->readers == 0)
			idle = entry;
		else if (is_page(entry, sample, form))
			return entry;
		if (entry->page < oldest->page)
			oldest = entry;
	}
	return idle ? idle : oldest;
}

static int render(struct metrics_cache *c, struct cached_metrics *entry,
		  const struct serve_source *source, struct metrics_form form)
{
	if (!entry->data && !(entry->data = malloc(METRICS_BYTES_MAX)))
		return -1;
	struct text t = text_over(entry->data, METRICS_BYTES_MAX);

	metrics_render(source, form, &t);
	entry->length = t.length;
	entry->page = ++c->pages;
	entry->readers = 0;
	entry->sample = source->stats->samples;
	entry->form = form;
	return t.overflowed ? -1 : 0;
}

struct MHD_Response *metrics_cache_response(struct metrics_cache *c,
					    const struct serve_source *source,
					    struct metrics_form form)
{
	uint64_t sample = source->stats->samples;
	struct cached_metrics *entry = choose(c, sample, form);
	bool is_read = entry->readers > 0 && is_page(entry, sample, form);

	if (!is_read && render(c, entry, source, form) < 0)
		return NULL;
	struct reader *r = malloc(sizeof(*r));
	if (!r)
		return NULL;
	*r = (struct reader){entry, entry->page};
	entry->readers++;
	struct MHD_Response *response = MHD_create_response_from_callback(
	    entry->length, READ_BYTES, read_page, r, stop_reading);
	if (!response)
		stop_reading(r);
	return response;
}
