/* SPDX-License-Identifier: Apache-2.0 */
/* outage.h - what is failing at the moment, so that it is told once. */
#ifndef DORMOUSE_INJECTOR_KUBERNETES_OUTAGE_H
#define DORMOUSE_INJECTOR_KUBERNETES_OUTAGE_H

#include <stdbool.h>

#include "base/error.h"

struct outage {
	bool failing;
	long status;          /* of HTTP, 0: no answer, -1: nothing was asked */
	struct error failure; /* as it was logged */
};

/* Logs a warning, unless it has failed in the same way already. */
void outage_begins(struct outage *o, const char *event, long status,
		   const struct error *err);

/* Logs that it recovered from the failure, if there was one. */
void outage_ends(struct outage *o, const char *event);

#endif
