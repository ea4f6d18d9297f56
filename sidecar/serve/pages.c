/* SPDX-License-Identifier: Apache-2.0 */
/* pages.c - renders metrics into pages that their readers share. */
#include "pages.h"

#include <stdlib.h>

int pages_init(struct pages *p)
{
	*p = (struct pages){0};
	p->page[0].data = malloc(PAGE_BYTES_MAX);
	return p->page[0].data ? 0 : -1;
}

void pages_free(struct pages *p)
{
	for (int i = 0; i < PAGES_MAX; i++)
		free(p->page[i].data);
}

/* MHD_ContentReaderFreeCallback: a response is gone. */
static void stop_reading(void *context)
{
	struct page *page = context;

	page->readers--;
}

/* A page of this sample that somebody reads, else one that nobody reads. */
static struct page *choose(struct pages *p, uint64_t sample, bool openmetrics)
{
	struct page *idle = NULL;

	for (int i = PAGES_MAX - 1; i >= 0; i--) {
		struct page *page = &p->page[i];

		if (page->readers == 0)
			idle = page;
		else if (page->sample == sample && page->openmetrics == openmetrics)
			return page;
	}
	return idle;
}

static int render(struct page *page, const struct serve_source *source,
		  bool openmetrics)
{
	if (!page->data && !(page->data = malloc(PAGE_BYTES_MAX)))
		return -1;
	struct text t = text_over(page->data, PAGE_BYTES_MAX);

	metrics_render(source, openmetrics, &t);
	page->length = t.length;
	page->sample = source->stats->samples;
	page->openmetrics = openmetrics;
	return t.overflowed ? -1 : 0;
}

struct MHD_Response *pages_response(struct pages *p, const struct serve_source *source,
				    bool openmetrics)
{
	struct page *page = choose(p, source->stats->samples, openmetrics);

	if (!page)
		return NULL;
	if (page->readers == 0 && render(page, source, openmetrics) < 0)
		return NULL;
	struct MHD_Response *response =
	    MHD_create_response_from_buffer_with_free_callback_cls(
		page->length, page->data, stop_reading, page);
	if (response)
		page->readers++;
	return response;
}
