/* SPDX-License-Identifier: Apache-2.0 */
/* link_book.h - the links being watched, and what flowed over them. Private to
 * collect/.
 *
 * Pure: readings and times come in as parameters, no system call is made. The kernel's
 * counters belong to a link and go away with it, may start afresh, and in old drivers
 * are 32 bits wide; the sums kept here only grow, by what flowed and by nothing else:
 *
 * - A link that is there when the book is opened counts from its first reading: what it
 *   carried before is not ours.
 * - A link announced later counts from the reading in its announcement: 0 for one that
 * was made just then, more for one that was moved here with its past.
 * - A link found later without having been announced (announcements were lost) counts
 * from 0 if its index is higher than any seen before, which means that it was made
 * meanwhile.
 * - A link that goes away is read a last time from the message that says so.
 */
#ifndef DORMOUSE_COLLECT_LINK_BOOK_H
#define DORMOUSE_COLLECT_LINK_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "dormouse/collect.h"

/* The kernel's counters of one link at one moment. */
struct link_reading {
	uint64_t rx_bytes, tx_bytes;
	uint64_t rx_packets, tx_packets;
	uint64_t rx_errors, tx_errors;
	uint64_t rx_dropped, tx_dropped;
};

/* What a message of the kernel says about a link. */
struct link_news {
	int ifindex;
	char name[IF_NAMESIZE];
	char kind[16];
	bool loopback;
	bool gone; /* the link is no longer here */
	bool has_reading;
	uint8_t address[32]; /* MAX_ADDR_LEN of the kernel */
	unsigned address_length;
	struct link_reading reading;
};

enum link_origin {
	LINK_AT_START,  /* from the dump made when the book was opened */
	LINK_ANNOUNCED, /* from a notification */
	LINK_RESYNCED   /* from a dump made after notifications were lost */
};

/* What is known of a watched link beside what is shown. */
struct link_track {
	double read_at;    /* seconds, the clock of the caller: when it was last read */
	uint64_t identity; /* hash of index, name and address */
	bool seen;         /* during a resync */
};

struct link_book {
	char globs[COLLECT_INTERFACE_GLOBS_MAX];
	struct link_counters
	    links[COLLECT_LINKS_MAX]; /* the raw counters, shown as such */
	struct link_track tracks[COLLECT_LINKS_MAX]; /* same index */
	unsigned count;
	unsigned next;             /* where the next reading's link probably is */
	bool incomplete;           /* announcements were lost, a resync is due */
	int highest_ifindex;       /* of any link seen, watched or not */
	int known_ifindex;         /* the same when the book was last complete */
	double complete_at;        /* and when that was */
	struct link_sums flowed;   /* since the book was opened */
	int loopback_ifindex;      /* 0 while not known */
	uint64_t loopback_packets; /* the raw counter: whether anything went over it */
	uint64_t untracked;        /* links that found the book full */
	bool overflowed;           /* some link may still wait for a free place */
	uint64_t resets;           /* counters that fell or leapt */
};

/* An empty book for the links that the list of globs means. */
void link_book_open(struct link_book *book, const char *globs, double now);

/* Takes in what a message says: a link that appears, changes or goes. */
void link_book_news(struct link_book *book, const struct link_news *news,
		    enum link_origin origin, double now);

/* Announcements were lost: until the next resync the book is incomplete. */
void link_book_lost(struct link_book *book, double now);

/* Between these two, link_book_news() is told every link that exists (LINK_RESYNCED);
 * links not told of are gone. If the dump was not complete, `complete` is false and
 * none is dropped. */
void link_book_resync_begin(struct link_book *book, double now);
void link_book_resync_end(struct link_book *book, bool complete);

/* Takes in one link's counters. Links that are not watched are passed over. `now` is in
 * seconds of any clock that does not go back. */
void link_book_reading(struct link_book *book, int ifindex,
		       const struct link_reading *reading, double now);

/* The sums of the raw counters. */
void link_book_sums(const struct link_book *book, struct link_sums *sums);

/* A hash of the watched links' indexes, names and addresses; their order plays no part.
 */
uint64_t link_book_identity(const struct link_book *book);

/* What a counter moved by between two readings, 0 where that cannot be told.
 *
 * A counter that fell was reset, and what it shows now flowed since; unless it fell by
 * less than half, which no reset does (some drivers' sums dip for a moment): then 0. It
 * wrapped at 32 bits if it was in the upper half of them, is in the lower half, and
 * `sibling_fell`, the same link's counter of the other unit, is false: a reset resets
 * both. Whatever comes out counts only up to `most`. */
uint64_t link_counter_delta(uint64_t last, uint64_t now, bool sibling_fell,
			    uint64_t most);

#endif
