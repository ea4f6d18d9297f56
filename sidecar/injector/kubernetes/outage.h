/* SPDX-License-Identifier: Apache-2.0 */
/* outage.h - the current failure, so that it is logged only once. */
#ifndef DORMOUSE_INJECTOR_KUBERNETES_OUTAGE_H
#define DORMOUSE_INJECTOR_KUBERNETES_OUTAGE_H

#include <stdbool.h>

#include "base/error.h"

struct outage {
	bool failing;
	long status;          /* HTTP status; 0: no answer, -1: no request was sent */
	struct error failure; /* the logged error */
};

/* Logs a warning, unless the last failure had the same status. */
void outage_begins(struct outage *o, const char *event, long status,
		   const struct error *err);

/* Logs the recovery, if there was a failure. */
void outage_ends(struct outage *o, const char *event);

#endif
