/* SPDX-License-Identifier: Apache-2.0 */
/* injector_site.h - the plain port: /metrics, /healthz, /readyz. Only GET and HEAD. */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_INJECTOR_SITE_H
#define DORMOUSE_INJECTOR_WEBHOOK_INJECTOR_SITE_H

#include <microhttpd.h>
#include <stdbool.h>

#include "injector_metrics.h"

struct injector_site {
	struct injector_figures figures;
	bool stopping;
};

/* The MHD_AccessHandlerCallback; the context is a struct injector_site. */
enum MHD_Result injector_site_answer(void *context, struct MHD_Connection *connection,
				     const char *path, const char *method,
				     const char *version, const char *upload,
				     size_t *upload_size, void **request);

#endif
