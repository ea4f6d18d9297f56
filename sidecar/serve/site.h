/* SPDX-License-Identifier: Apache-2.0 */
/* site.h - what is at which path, and the answers. */
#ifndef DORMOUSE_SERVE_SITE_H
#define DORMOUSE_SERVE_SITE_H

#include <microhttpd.h>

#include "connections.h"
#include "dormouse/serve.h"

struct site;

/* One of the two ways in. */
struct listener {
	struct site *site;
	bool local; /* alerts and baseline too */
};

/* NULL on allocation failure. The source outlives the site. */
struct site *site_new(const struct serve_source *source);

/* After the daemons that use it have stopped. */
void site_free(struct site *s);

/* The MHD_AccessHandlerCallback; the context is a struct listener. */
enum MHD_Result site_answer(void *context, struct MHD_Connection *connection,
			    const char *path, const char *method, const char *version,
			    const char *upload, size_t *upload_size, void **request);

#endif
