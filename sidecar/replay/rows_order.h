/* SPDX-License-Identifier: Apache-2.0 */
/* rows_order.h - rows put into the order of time. */
#ifndef DORMOUSE_REPLAY_ROWS_ORDER_H
#define DORMOUSE_REPLAY_ROWS_ORDER_H

#include "rows.h"

/* Sorts r->sorted and makes one of those of one time; leaves them as they are, and says
 * so, where a clock was set back while the counters went on; -1 when they are of two
 * lives, or on allocation failure. The falls are counted anew. */
int rows_order(struct rows *r, struct notes *notes, struct error *err);

#endif
