/* SPDX-License-Identifier: Apache-2.0 */
/* link_table.c - what flowed over the watched links, whatever becomes of them. */
#include "link_table.h"

#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "globs.h"

void link_book_open(struct link_table *book, const char *globs, double now)
{
	/* The arrays stay untouched: most of them is never used. */
	memset(book, 0, offsetof(struct link_table, links));
	memcpy(book->globs, globs, strnlen(globs, sizeof(book->globs) - 1));
	book->everything = globs_name_any(book->globs);
	book->complete_at = now;
}

/* The place of that link, or book->count when it is not watched. Dumps come in the same
 * order each time, so the next one is nearly always where the last search ended. */
static unsigned find(struct link_table *book, int ifindex)
{
	unsigned i;

	for (i = 0; i < book->count; i++) {
		unsigned place = (book->next + i) % book->count;

		if (book->links[place].ifindex == ifindex) {
			book->next = place + 1;
			return place;
		}
	}
	return book->count;
}

static void show(struct link_counters *link, const struct link_reading *r)
{
	link->rx_bytes = r->rx_bytes;
	link->tx_bytes = r->tx_bytes;
	link->rx_packets = r->rx_packets;
	link->tx_packets = r->tx_packets;
	link->rx_errors = r->rx_errors;
	link->tx_errors = r->tx_errors;
	link->rx_dropped = r->rx_dropped;
	link->tx_dropped = r->tx_dropped;
}

/* Which links count is looked up when something is to be counted: a storm of changes
 * is gone through once. */
static void restack(struct link_table *book)
{
	if (book->restack)
		link_stack(book->links, book->places, book->count, book->everything,
			   book->marks);
	book->restack = false;
}

/* A link's first reading: see link_table.h for where it begins to count. */
static void begin_at(struct link_track *track, const struct link_reading *r, double now)
{
	static const struct link_reading nothing;

	if (track->made_here)
		link_past_begin(&track->past, &nothing, track->made_at);
	else
		link_past_begin(&track->past, r, now);
	track->read = true;
}

static void read_at(struct link_table *book, unsigned place,
		    const struct link_reading *r, double now)
{
	struct link_counters *link = &book->links[place];
	struct link_track *track = &book->tracks[place];
	struct link_sums elsewhere = {0};

	/* In a first reading there is nothing to count, and there may be many. */
	if (track->read || track->made_here)
		restack(book);
	if (!track->read)
		begin_at(track, r, now);
	link_past_read(&track->past, r, now, link->counted ? &book->flowed : &elsewhere,
		       &book->oddities);
	show(link, &track->past.last);
}

bool link_book_reading(struct link_table *book, int ifindex,
		       const struct link_reading *reading, double now)
{
	unsigned place;

	if (ifindex == book->loopback_ifindex)
		book->loopback_packets = reading->tx_packets;
	place = find(book, ifindex);
	if (place == book->count)
		return false;
	read_at(book, place, reading, now);
	return true;
}

static void raise_to(uint64_t *counter, uint64_t least)
{
	if (*counter < least)
		*counter = least;
}

/* An announcement may wait while a dump of the counters overtakes it, and in the one of
 * a veth's end the kernel has forgotten what came from its peer: what lies behind the
 * book is no reset. */
static struct link_reading not_behind(const struct link_counters *link,
				      struct link_reading r)
{
	raise_to(&r.rx_bytes, link->rx_bytes);
	raise_to(&r.tx_bytes, link->tx_bytes);
	raise_to(&r.rx_packets, link->rx_packets);
	raise_to(&r.tx_packets, link->tx_packets);
	return r;
}

/* In order, so that what is shown stays, and a link that waited for a place among them
 * gets the last one. */
static void drop(struct link_table *book, unsigned place)
{
	unsigned after = --book->count - place;

	memmove(&book->links[place], &book->links[place + 1],
		after * sizeof(book->links[0]));
	memmove(&book->tracks[place], &book->tracks[place + 1],
		after * sizeof(book->tracks[0]));
	memmove(&book->places[place], &book->places[place + 1],
		after * sizeof(book->places[0]));
	book->next = 0;
	book->restack = true;
}

static bool same_place(const struct link_place *a, const struct link_place *b)
{
	return a->below == b->below && a->master == b->master &&
	       a->elsewhere == b->elsewhere;
}

static void name_link(struct link_table *book, unsigned place,
		      const struct link_news *news)
{
	struct link_counters *link = &book->links[place];
	uint64_t identity =
	    hash_bytes(HASH_START, &news->ifindex, sizeof(news->ifindex));

	identity = hash_bytes(identity, news->name, sizeof(news->name));
	identity = hash_bytes(identity, news->address, news->address_length);
	book->tracks[place].identity = identity;
	memcpy(link->name, news->name, sizeof(link->name));
	if (memcmp(link->kind, news->kind, sizeof(link->kind)) != 0 ||
	    !same_place(&book->places[place], &news->place))
		book->restack = true;
	memcpy(link->kind, news->kind, sizeof(link->kind));
	book->places[place] = news->place;
}

/* Gives a new link its place. One that was made here while nobody listened counts from
 * its beginning. */
static unsigned add(struct link_table *book, const struct link_news *news,
		    bool made_here)
{
	unsigned place = book->count;
	struct link_track *track = &book->tracks[place];

	if (place == LINKS_MAX) {
		book->overflowed = true;
		return place;
	}
	book->count++;
	book->untracked += place >= COLLECT_LINKS_MAX;
	memset(&book->links[place], 0, sizeof(book->links[place]));
	memset(track, 0, sizeof(*track));
	memset(&book->places[place], 0, sizeof(book->places[place]));
	book->links[place].ifindex = news->ifindex;
	book->links[place].counted = true;
	book->restack = true;
	track->made_here = made_here;
	track->made_at = book->complete_at;
	return place;
}

/* Takes in the counters that a message about a watched link carries. Of one whose last
 * reading is in doubt, only a dump's is a reading. */
static void news_reading(struct link_table *book, unsigned place,
			 const struct link_news *news, enum link_origin origin,
			 double now)
{
	struct link_track *track = &book->tracks[place];
	struct link_reading reading = news->reading;
	struct link_sums elsewhere = {0};
	bool doubtful = track->read && track->past.doubt == LINK_PUT_OFF;

	if (news->gone && doubtful) {
		restack(book);
		link_past_end(&track->past,
			      book->links[place].counted ? &book->flowed : &elsewhere,
			      &book->oddities);
		return;
	}
	if (!news->has_reading || (origin == LINK_ANNOUNCED && doubtful))
		return;
	if (origin == LINK_ANNOUNCED && track->read)
		reading = not_behind(&book->links[place], reading);
	read_at(book, place, &reading, now);
}

/* Remembers one link that is here and that the list does not mean, for whoever wonders
 * why there is nothing to see. */
static void note_unwatched(struct link_table *book, const struct link_news *news,
			   bool watched)
{
	if (news->loopback)
		return;
	if (!watched && !news->gone) {
		memcpy(book->unwatched, news->name, sizeof(book->unwatched));
		book->unwatched_ifindex = news->ifindex;
	} else if (news->ifindex == book->unwatched_ifindex) {
		book->unwatched[0] = '\0';
	}
}

void link_book_news(struct link_table *book, const struct link_news *news,
		    enum link_origin origin, double now)
{
	unsigned place = find(book, news->ifindex);
	bool watched =
	    !news->gone && globs_watch(book->globs, news->name, news->loopback);
	bool is_new = place == book->count;

	note_unwatched(book, news, watched);
	if (news->loopback)
		book->loopback_ifindex = news->gone ? 0 : news->ifindex;
	if (watched && is_new)
		place =
		    add(book, news,
			origin == LINK_RESYNCED && news->ifindex > book->known_ifindex);
	if (news->ifindex > book->highest_ifindex)
		book->highest_ifindex = news->ifindex;
	if (place == book->count)
		return;
	if (watched) {
		name_link(book, place, news);
		book->tracks[place].seen = true;
	}
	news_reading(book, place, news, origin, now);
	if (!watched)
		drop(book, place);
}

void link_book_lost(struct link_table *book, double now)
{
	if (book->incomplete)
		return;
	book->incomplete = true;
	book->known_ifindex = book->highest_ifindex;
	book->complete_at = now;
}

void link_book_resync_begin(struct link_table *book, double now)
{
	unsigned i;

	link_book_lost(book, now);
	for (i = 0; i < book->count; i++)
		book->tracks[i].seen = false;
	book->overflowed = false;
}

void link_book_resync_end(struct link_table *book, bool complete)
{
	unsigned i = 0;

	if (!complete)
		return;
	while (i < book->count) {
		if (book->tracks[i].seen)
			i++;
		else
			drop(book, i);
	}
	book->incomplete = false;
}

void link_book_sums(const struct link_table *book, struct link_sums *sums)
{
	unsigned i;

	memset(sums, 0, sizeof(*sums));
	for (i = 0; i < book->count; i++) {
		if (!book->links[i].counted)
			continue;
		sums->tx_bytes += book->links[i].tx_bytes;
		sums->tx_packets += book->links[i].tx_packets;
		sums->rx_bytes += book->links[i].rx_bytes;
		sums->rx_packets += book->links[i].rx_packets;
	}
}

uint64_t link_book_identity(const struct link_table *book)
{
	uint64_t identity = 0;
	unsigned i;

	for (i = 0; i < book->count; i++)
		if (book->links[i].counted)
			identity += book->tracks[i].identity;
	return identity;
}

const struct link_counters *link_book_named(const struct link_table *book,
					    const char *name)
{
	unsigned i;

	for (i = 0; i < book->count; i++)
		if (strncmp(book->links[i].name, name, IF_NAMESIZE) == 0)
			return &book->links[i];
	return NULL;
}

unsigned link_book_shown(const struct link_table *book)
{
	return book->count < COLLECT_LINKS_MAX ? book->count : COLLECT_LINKS_MAX;
}

void link_book_still(struct link_table *book, const struct link_counters *link,
		     const struct link_reading *reading, double now)
{
	unsigned place = (unsigned)(link - book->links);

	book->tracks[place].seen = true;
	read_at(book, place, reading, now);
}
