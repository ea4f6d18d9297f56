/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - keeps the learnt state in a file across restarts.
 *
 * The file is a header (magic, version, sizes, layout, CRC-32C of the whole), the
 * detector's learnt state, and the addresses that the pod has sent to. Saving writes a
 * temporary file in the same folder, syncs it, renames it over the old file, and syncs
 * the folder. So a reader sees either the old file or the new one.
 */
#ifndef DORMOUSE_STATE_H
#define DORMOUSE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "collect.h"
#include "detect.h"

/* What the file holds besides the baseline. */
struct state_mark {
	double saved_at;            /* Unix seconds */
	struct collect_epoch epoch; /* the epoch of the counters */
	struct link_sums sums;      /* the raw counters when it was saved */
};

enum state_load {
	STATE_LOADED,    /* the detector has the file's state */
	STATE_ABSENT,    /* no file: a first start */
	STATE_SET_ASIDE, /* invalid file, renamed to PATH.bad; err says why */
	STATE_FAILED     /* the file cannot be read or renamed; err says why */
};

/* Loads PATH into the detector and the collector. A corrupt, truncated, foreign or
 * newer file is renamed to PATH.bad (replacing an older one); the detector has then
 * learnt nothing, and the collector is unchanged. A file without addresses (an older
 * version's), or with addresses of another layout, is valid: the collector is told so.
 */
enum state_load state_load(const char *path, struct detector *d, struct collector *c,
			   struct state_mark *mark, struct error *err);

/* Writes PATH atomically: the state of both, and the mark. On failure, PATH is
 * unchanged and no temporary file remains. Does not allocate. */
int state_save(const char *path, const struct detector *d, const struct collector *c,
	       const struct state_mark *mark, struct error *err);

/* Computes the traffic between the mark and now. Returns false when it is unknown:
 * another network namespace, a reboot, other links, counters that fell, a clock that
 * was set back. */
bool state_flowed(const struct state_mark *mark, double now,
		  const struct collect_epoch *epoch, const struct link_sums *sums,
		  double *seconds, struct link_sums *flowed);

#endif
