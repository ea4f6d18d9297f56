/* SPDX-License-Identifier: Apache-2.0 */
/* rows_order.h - sorts rows by time. */
#ifndef DORMOUSE_REPLAY_ROWS_ORDER_H
#define DORMOUSE_REPLAY_ROWS_ORDER_H

#include "rows.h"

/* Sorts r->sorted by time and merges rows of the same time, and recounts the falls.
 * When a clock was set back while the counters went on, it keeps the order and reports
 * it. Returns 0, TRACE_INVALID for rows of two pods, or TRACE_FAILED without memory. */
int rows_order(struct rows *r, struct notes *notes, struct error *err);

#endif
