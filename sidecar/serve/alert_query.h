/* SPDX-License-Identifier: Apache-2.0 */
/* alert_query.h - which alerts a client of Alertmanager's API asks for. */
#ifndef DORMOUSE_SERVE_ALERT_QUERY_H
#define DORMOUSE_SERVE_ALERT_QUERY_H

#include <microhttpd.h>

#include "base/error.h"
#include "stream.h"

/* Leaves those alerts in the stream that the request's query wants, by `filter`
 * (repeated: all must hold), `active` and `receiver`. `silenced`, `inhibited` and
 * `unprocessed` take nothing away: there are none of those here. As in Alertmanager the
 * last of several values counts, an empty one is none, and what is not known is left
 * alone. -1 with the reason for a query that Alertmanager refuses, too, or that would
 * take too long. */
int alert_query_apply(struct MHD_Connection *c, struct stream *s, struct error *err);

#endif
