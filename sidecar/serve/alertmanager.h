/* SPDX-License-Identifier: Apache-2.0 */
/* alertmanager.h - an alert's labels as Alertmanager's clients see them, and the
 * answers that are not about alerts. */
#ifndef DORMOUSE_SERVE_ALERTMANAGER_H
#define DORMOUSE_SERVE_ALERTMANAGER_H

#include "base/error.h"
#include "config/identity.h"
#include "dormouse/alert.h"

#define ALERTMANAGER_RECEIVER "dormouse" /* whom all alerts go to */
#define ALERTMANAGER_NAME_MAX 64         /* the longest alert name, with the NUL */

/* The label's value, "" when the alert has no such label. The scratch may hold it. */
const char *alertmanager_label(const struct alert *alert, const struct identity *pod,
			       const char *name, char scratch[ALERTMANAGER_NAME_MAX]);

/* Append the answer of /api/v2/status: the least that its clients want of it. */
void alertmanager_status(double started_at, struct text *t);

/* Append why a query is refused, as the API words it: a JSON string. */
void alertmanager_refusal(const struct error *err, struct text *t);

#endif
