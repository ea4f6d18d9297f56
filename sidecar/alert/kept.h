/* SPDX-License-Identifier: Apache-2.0 */
/* kept.h - the alerts as they are kept over a restart: one flat block without
 * pointers. */
#ifndef DORMOUSE_ALERT_KEPT_H
#define DORMOUSE_ALERT_KEPT_H

#include "base/error.h"
#include "record.h"

/* A version, and the size of a record: change the version with these structs, and with
 * those of a verdict and of the evidence. */
#define KEPT_LAYOUT (1u << 16 | (uint32_t)sizeof(struct alert_record))

struct kept_alerts {
	uint32_t count;
	uint8_t order[ALERTS_REMEMBERED]; /* slots, oldest incident first */
	struct alert_record slots[ALERTS_REMEMBERED];
};
_Static_assert(sizeof(struct kept_alerts) <= ALERTS_BYTES_MAX, "within the budget");

/* Returns the bytes of a block with so many alerts. */
static inline size_t kept_bytes(size_t count)
{
	return offsetof(struct kept_alerts, slots) +
	       count * sizeof(struct alert_record);
}

/* Checks every number and text of a block. `block` is aligned to 8 bytes. Returns -1
 * with the reason in err. */
int kept_check(const void *block, size_t bytes, struct error *err);

#endif
