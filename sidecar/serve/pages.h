/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - rendered metrics, shared by those who read them at the same time.
 *
 * A page must not change while a slow client reads it, and many slow clients must not
 * cost much memory: who asks while the page of this sample is being read, reads the
 * same page; at most PAGES_MAX are kept.
 */
#ifndef DORMOUSE_SERVE_PAGES_H
#define DORMOUSE_SERVE_PAGES_H

#include <microhttpd.h>

#include "dormouse/serve.h"

#define PAGES_MAX      4
#define PAGE_BYTES_MAX (64 * 1024) /* untouched memory is not resident */

struct page {
	char *data; /* NULL: no memory yet */
	size_t length;
	unsigned readers;
	uint64_t sample; /* the number of the sample it tells of */
	bool openmetrics;
};

struct pages {
	struct page page[PAGES_MAX];
};

/* Reserves the first page; -1 on allocation failure. */
int pages_init(struct pages *p);
void pages_free(struct pages *p);

/* A response with the metrics of now, which the caller destroys when it is queued. NULL
 * when all pages are being read, on allocation failure, or when they do not fit. */
struct MHD_Response *pages_response(struct pages *p, const struct serve_source *source,
				    bool openmetrics);

#endif
