/* SPDX-License-Identifier: Apache-2.0 */
/* alert_query.h - selects the alerts that a client of Alertmanager's API asks for. */
#ifndef DORMOUSE_SERVE_ALERT_QUERY_H
#define DORMOUSE_SERVE_ALERT_QUERY_H

#include <microhttpd.h>

#include "base/error.h"
#include "stream.h"

/* Removes the alerts that do not match the request's query from the stream. The query
 * has `filter` (repeated: all must match), `active` and `receiver`. `silenced`,
 * `inhibited` and `unprocessed` have no effect: no alert here is any of these. As in
 * Alertmanager, the last of several values counts, an empty value counts as missing,
 * and unknown parameters are ignored. Returns -1 with the reason for a query that
 * Alertmanager also rejects, or that would take too long. */
int alert_query_apply(struct MHD_Connection *c, struct stream *s, struct error *err);

#endif
