/* SPDX-License-Identifier: Apache-2.0 */
/* link_table.h - the links being watched, and what flowed over them. Private to
 * collect/.
 *
 * Pure: readings and times come in as parameters, no system call is made. The kernel's
 * counters belong to a link and go away with it, may start afresh, and in old drivers
 * are 32 bits wide; the sums kept here only grow, by what flowed and by nothing else:
 *
 * - A link that is there when the table is opened counts from its first reading: what
 * it carried before is not ours.
 * - A link notified of later counts from the reading in its notification: 0 for one
 *   that was made just then, more for one that was moved here with its past.
 * - A link found later without a notification (they were lost) counts from 0 if its
 *   index is higher than any seen before: then it was made meanwhile.
 * - A link that goes away is read a last time from the message that says so.
 */
#ifndef DORMOUSE_COLLECT_LINKS_LINK_TABLE_H
#define DORMOUSE_COLLECT_LINKS_LINK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "dormouse/collect.h"
#include "link_past.h"
#include "link_stack.h"

/* Links that are counted at most. The first COLLECT_LINKS_MAX of them are shown. Memory
 * is used as they come. */
#define LINKS_MAX 1024

/* What a message of the kernel says about a link. */
struct link_event {
	int ifindex;
	char name[IF_NAMESIZE];
	char kind[16];
	bool loopback;
	bool gone; /* the link is no longer here */
	bool has_reading;
	struct link_place place;
	uint8_t address[32]; /* MAX_ADDR_LEN of the kernel */
	unsigned address_length;
	struct link_reading reading;
};

enum link_origin {
	LINK_AT_START, /* from the dump made when the table was opened */
	LINK_NOTIFIED, /* from a notification */
	LINK_RESYNCED  /* from a dump made after notifications were lost */
};

/* What is known of a watched link beside what is shown. */
struct link_track {
	struct link_past past;
	uint64_t identity; /* hash of index, name and address */
	double made_at; /* while not read: from when on a first reading counts whole */
	bool read;      /* past has begun */
	bool made_here; /* the first reading counts from 0, not from itself */
	bool seen;      /* during a resync */
};

struct link_table {
	char globs[COLLECT_INTERFACE_GLOBS_MAX];
	bool everything; /* the list names what to watch: stacked or not */
	unsigned count;
	unsigned next;           /* where the next reading's link probably is */
	bool restack;            /* links have changed since they were last stacked */
	bool incomplete;         /* notifications were lost, a resync is due */
	int highest_ifindex;     /* of any link seen, watched or not */
	int known_ifindex;       /* the same when the table was last complete */
	double complete_at;      /* and when that was */
	struct link_sums flowed; /* since the table was opened */
	struct link_oddities oddities;
	int loopback_ifindex;      /* 0 while not known */
	uint64_t loopback_packets; /* the raw counter: whether anything went over it */
	uint64_t untracked;        /* links that were too many to be shown */
	bool overflowed;           /* some link waits for a free place */
	char unwatched[IF_NAMESIZE]; /* a link that is here and not meant, or "" */
	int unwatched_ifindex;

	/* By one index. Not touched where there are no links. */
	struct link_counters links[LINKS_MAX]; /* the raw counters, shown as such */
	struct link_track tracks[LINKS_MAX];
	struct link_place places[LINKS_MAX];
	bool marks[LINKS_MAX];
};

/* An empty table for the links that the list of globs means. */
void link_table_open(struct link_table *table, const char *globs, double now);

/* Takes in what a message says: a link that appears, changes or goes. */
void link_table_event(struct link_table *table, const struct link_event *event,
		      enum link_origin origin, double now);

/* Notifications were lost: until the next resync the table is incomplete. */
void link_table_lost(struct link_table *table, double now);

/* Between these two, link_table_event() is told every link that exists (LINK_RESYNCED);
 * links not told of are gone. If the dump was not complete, `complete` is false and
 * none is dropped. */
void link_table_resync_begin(struct link_table *table, double now);
void link_table_resync_end(struct link_table *table, bool complete);

/* Takes in one link's counters. Returns false for links that are not watched, which are
 * passed over. `now` is in seconds of any clock that does not go back. */
bool link_table_reading(struct link_table *table, int ifindex,
			const struct link_reading *reading, double now);

/* The watched link of that name, NULL where there is none. */
const struct link_counters *link_table_named(const struct link_table *table,
					     const char *name);

/* During a resync: that watched link is still here, with these counters. */
void link_table_still(struct link_table *table, const struct link_counters *link,
		      const struct link_reading *reading, double now);

/* How many links are shown one by one. */
unsigned link_table_shown(const struct link_table *table);

/* The sums of the raw counters of the links that count. */
void link_table_sums(const struct link_table *table, struct link_sums *sums);

/* A hash of the indexes, names and addresses of the links that count; their order plays
 * no part. */
uint64_t link_table_identity(const struct link_table *table);

#endif
