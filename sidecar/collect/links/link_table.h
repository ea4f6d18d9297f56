/* SPDX-License-Identifier: Apache-2.0 */
/* link_table.h - the watched links, and the sums of their traffic. Private to collect/.
 *
 * Pure: readings and times are parameters, and it makes no system call. The kernel's
 * counters belong to a link and disappear with it, may restart from 0, and have 32 bits
 * in old drivers. The sums kept here only grow, and only by traffic:
 *
 * - A link that exists when the table is opened counts from its first reading: its
 *   earlier traffic is not counted.
 * - A link reported by a later notification counts from the reading in it: 0 for a
 *   new link, more for one that was moved here with its counters.
 * - A link found later without a notification (they were lost) counts from 0 if its
 *   index is higher than any seen before: then it was created meanwhile.
 * - A link that goes away is read a last time from the message that reports it.
 */
#ifndef DORMOUSE_COLLECT_LINKS_LINK_TABLE_H
#define DORMOUSE_COLLECT_LINKS_LINK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "dormouse/collect.h"
#include "link_past.h"
#include "link_stack.h"

/* The maximum number of counted links. The first COLLECT_LINKS_MAX of them are shown.
 * Memory is used only for existing links. */
#define LINKS_MAX 1024

/* A kernel message about a link. */
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

/* The state of a watched link that is not shown. */
struct link_track {
	struct link_past past;
	uint64_t identity; /* hash of index, name and address */
	double made_at; /* until it is read: start of the first reading's time span */
	bool read;      /* the first reading was taken */
	bool made_here; /* the first reading counts from 0, not from its own values */
	bool seen;      /* during a resync */
};

struct link_table {
	char globs[COLLECT_INTERFACE_GLOBS_MAX];
	bool everything; /* the list names the links: count them even if stacked */
	unsigned count;
	unsigned next;           /* the probable place of the next reading's link */
	bool restack;            /* links have changed since they were last stacked */
	bool incomplete;         /* notifications were lost, a resync is needed */
	int highest_ifindex;     /* of any link seen, watched or not */
	int known_ifindex;       /* the same when the table was last complete */
	double complete_at;      /* time when the table was last complete */
	struct link_sums flowed; /* since the table was opened */
	struct link_oddities oddities;
	int loopback_ifindex;        /* 0 if not known */
	uint64_t loopback_packets;   /* the raw counter: shows traffic over it */
	uint64_t untracked;          /* links not shown, because there were too many */
	bool overflowed;             /* a link waits for a free place */
	char unwatched[IF_NAMESIZE]; /* a link that the list does not match, or "" */
	int unwatched_ifindex;

	/* All have the same index. Unused entries are never written. */
	struct link_counters links[LINKS_MAX]; /* the raw counters */
	struct link_track tracks[LINKS_MAX];
	struct link_place places[LINKS_MAX];
	bool marks[LINKS_MAX];
};

/* Initialises an empty table for the links that the list of globs matches. */
void link_table_open(struct link_table *table, const char *globs, double now);

/* Takes a message: a link that appears, changes or goes. */
void link_table_event(struct link_table *table, const struct link_event *event,
		      enum link_origin origin, double now);

/* Notifications were lost: until the next resync the table is incomplete. */
void link_table_lost(struct link_table *table, double now);

/* Between these two, pass every existing link to link_table_event() (LINK_RESYNCED);
 * links not passed are removed. If the dump was not complete, `complete` is false and
 * no link is removed. */
void link_table_resync_begin(struct link_table *table, double now);
void link_table_resync_end(struct link_table *table, bool complete);

/* Takes one link's counters. Returns false for links that are not watched, which are
 * ignored. `now` is in seconds of any clock that does not go back. */
bool link_table_reading(struct link_table *table, int ifindex,
			const struct link_reading *reading, double now);

/* The watched link of that name, NULL if there is none. */
const struct link_counters *link_table_named(const struct link_table *table,
					     const char *name);

/* During a resync: the watched link still exists, with these counters. */
void link_table_still(struct link_table *table, const struct link_counters *link,
		      const struct link_reading *reading, double now);

/* The number of links that are shown. */
unsigned link_table_shown(const struct link_table *table);

/* The sums of the raw counters of the links that count. */
void link_table_sums(const struct link_table *table, struct link_sums *sums);

/* A hash of the indexes, names and addresses of the links that count, independent of
 * their order. */
uint64_t link_table_identity(const struct link_table *table);

#endif
