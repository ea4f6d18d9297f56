/* SPDX-License-Identifier: Apache-2.0 */
/* outage.c - the current failure, so that it is logged only once. */
#include "outage.h"

#include "base/log.h"

void outage_begins(struct outage *o, const char *event, long status,
		   const struct error *err)
{
	if (!o->failing || o->status != status) {
		log_event(LOG_LEVEL_WARNING, event, "%s", err->text);
		o->failure = *err;
	}
	o->failing = true;
	o->status = status;
}

void outage_ends(struct outage *o, const char *event)
{
	if (o->failing)
		log_event(LOG_LEVEL_INFO, event, "recovered: %s", o->failure.text);
	o->failing = false;
}
