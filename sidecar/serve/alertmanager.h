/* SPDX-License-Identifier: Apache-2.0 */
/* alertmanager.h - an alert's labels in the form of Alertmanager, and its other
 * answers. */
#ifndef DORMOUSE_SERVE_ALERTMANAGER_H
#define DORMOUSE_SERVE_ALERTMANAGER_H

#include "base/error.h"
#include "config/identity.h"
#include "dormouse/alert.h"

#define ALERTMANAGER_RECEIVER "dormouse" /* the receiver of all alerts */
#define ALERTMANAGER_NAME_MAX 64         /* the longest alert name, with the NUL */

/* The value of the label, "" when the alert does not have it. The value may be stored
 * in the scratch. */
const char *alertmanager_label(const struct alert *alert, const struct identity *pod,
			       const char *name, char scratch[ALERTMANAGER_NAME_MAX]);

/* Appends the answer of /api/v2/status: the minimum that its clients need. */
void alertmanager_status(double started_at, struct text *t);

/* Appends the reason why a query is rejected, as the API formats it: a JSON string. */
void alertmanager_refusal(const struct error *err, struct text *t);

#endif
