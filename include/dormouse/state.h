/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - keeps what was learnt in a file across restarts.
 *
 * The file is a header (magic, version, sizes, the mark, CRC-32C of the whole) and
 * sections: blocks of bytes, each with a tag and a layout number of its own. The state
 * room knows nothing of what is in them: who keeps something hands in a table.
 *
 * Saving writes a temporary file in the same folder, syncs it, renames it over the old
 * file, and syncs the folder. So a reader sees either the old file or the new one.
 */
#ifndef DORMOUSE_STATE_H
#define DORMOUSE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "collect.h"

/* What the file holds besides the sections: when and at which counters it was saved. */
struct state_mark {
	double saved_at;            /* Unix seconds */
	struct collect_epoch epoch; /* the epoch of the counters */
	struct link_sums sums;      /* the raw counters when it was saved */
};

#define STATE_SECTIONS_MAX 8
#define STATE_FILE_MAX     ((size_t)480 * 1024) /* saving more is an error */

/* Four letters, as they stand in the file. */
#define STATE_TAG(a, b, c, d)                                                          \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* One thing that is kept: its owner, and how its bytes come and go. */
struct state_section {
	uint32_t tag;     /* never used for anything else again */
	uint32_t layout;  /* of the bytes; another one in the file is not taken */
	const char *name; /* for people: "the baseline" */
	void *owner;
	/* Returns the block to save, of *bytes; 0: nothing now. The owner keeps it
	 * unchanged until the next call to the owner. Must not allocate. */
	const void *(*save)(const void *owner, size_t *bytes);
	/* Called once for each section when a file is loaded: with the block, aligned
	 * to 8 bytes, or with 0 bytes if the file has none that can be used. The bytes
	 * are foreign: the owner checks every number. On failure the owner is as after
	 * 0 bytes. */
	int (*restore)(void *owner, const void *block, size_t bytes, struct error *err);
};

struct state_table {
	const struct state_section *sections;
	size_t count; /* at most STATE_SECTIONS_MAX */
	/* Called with a reason for each section of the file that is not taken: another
	 * layout, refused by its owner, or unknown (section NULL). */
	void (*not_taken)(void *context, const struct state_section *section,
			  const struct error *why);
	void *context;
};

enum state_load {
	STATE_LOADED,    /* the file is sound: what could be taken was */
	STATE_ABSENT,    /* no file: a first start */
	STATE_SET_ASIDE, /* invalid file, renamed to PATH.bad; err says why */
	STATE_FAILED     /* the file cannot be read or renamed; err says why */
};

/* Loads PATH and restores each section of the table. A section that cannot be used is
 * left out alone, the others are taken. A corrupt, truncated, foreign or newer file is
 * renamed to PATH.bad (replacing an older one), and no section is restored. Files of
 * the earlier versions 1 and 2 are read too. */
enum state_load state_load(const char *path, const struct state_table *table,
			   struct state_mark *mark, struct error *err);

/* Writes PATH atomically: the sections that have bytes, and the mark. On failure, PATH
 * is unchanged and no temporary file remains. Does not allocate. */
int state_save(const char *path, const struct state_table *table,
	       const struct state_mark *mark, struct error *err);

/* Computes the traffic between the mark and now. Returns false when it is unknown:
 * another network namespace, a reboot, other links, counters that fell, a clock that
 * was set back. */
bool state_flowed(const struct state_mark *mark, double now,
		  const struct collect_epoch *epoch, const struct link_sums *sums,
		  double *seconds, struct link_sums *flowed);

#endif
