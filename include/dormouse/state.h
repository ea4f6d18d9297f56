/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - what has been learnt, kept in a file over a restart.
 *
 * The file is a header (magic, version, sizes, layout, CRC-32C of header and body) and
 * the detector's learnt piece. It is written to a temporary file beside it, synced,
 * renamed over it, and the folder synced: a reader sees the old file or the new one.
 */
#ifndef DORMOUSE_STATE_H
#define DORMOUSE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "collect.h"
#include "detect.h"

/* What the file says beside the baseline. */
struct state_mark {
	double saved_at;            /* Unix seconds */
	struct collect_epoch epoch; /* whose counters these are */
	struct link_sums sums;      /* the raw counters when it was saved */
};

enum state_load {
	STATE_LOADED,    /* the detector has learnt what the file says */
	STATE_ABSENT,    /* there is no file: a first start */
	STATE_SET_ASIDE, /* unusable: renamed to PATH.bad; err says why */
	STATE_FAILED     /* it could not even be read or set aside; err says why */
};

/* Reads PATH into the detector. A corrupt, truncated, foreign or newer file is renamed
 * to PATH.bad (over an older one) and the detector has learnt nothing. */
enum state_load state_load(const char *path, struct detector *d,
			   struct state_mark *mark, struct error *err);

/* Writes PATH atomically. On failure the old file is as it was and no temporary file is
 * left. Does not allocate. */
int state_save(const char *path, const struct detector *d,
	       const struct state_mark *mark, struct error *err);

/* What flowed between the mark and now. False when that cannot be known: another
 * network namespace, a reboot, other links, counters that fell, a clock that went back.
 */
bool state_flowed(const struct state_mark *mark, double now,
		  const struct collect_epoch *epoch, const struct link_sums *sums,
		  double *seconds, struct link_sums *flowed);

#endif
