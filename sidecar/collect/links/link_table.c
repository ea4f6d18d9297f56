/* SPDX-License-Identifier: Apache-2.0 */
/* link_table.c - adds up the traffic of the watched links while links come and go. */
#include "link_table.h"

#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "globs.h"

void link_table_open(struct link_table *table, const char *globs, double now)
{
	/* The arrays are not written: most entries are never used. */
	memset(table, 0, offsetof(struct link_table, links));
	memcpy(table->globs, globs, strnlen(globs, sizeof(table->globs) - 1));
	table->everything = globs_name_any(table->globs);
	table->complete_at = now;
}

/* Returns the place of that link, or table->count if it is not watched. Each dump has
 * the same order, so the next link is nearly always where the last search ended. */
static unsigned find(struct link_table *table, int ifindex)
{
	unsigned i;

	for (i = 0; i < table->count; i++) {
		unsigned place = (table->next + i) % table->count;

		if (table->links[place].ifindex == ifindex) {
			table->next = place + 1;
			return place;
		}
	}
	return table->count;
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

/* Finds out which links count, only when traffic is to be counted: many changes then
 * need one pass. */
static void restack(struct link_table *table)
{
	if (table->restack)
		link_stack(table->links, table->places, table->count, table->everything,
			   table->marks);
	table->restack = false;
}

/* Takes a link's first reading: link_table.h says where it begins to count. */
static void begin_at(struct link_track *track, const struct link_reading *r, double now)
{
	static const struct link_reading nothing;

	if (track->made_here)
		link_past_begin(&track->past, &nothing, track->made_at);
	else
		link_past_begin(&track->past, r, now);
	track->read = true;
}

static void read_at(struct link_table *table, unsigned place,
		    const struct link_reading *r, double now)
{
	struct link_counters *link = &table->links[place];
	struct link_track *track = &table->tracks[place];
	struct link_sums elsewhere = {0};

	/* A first reading adds no traffic, and there may be many. */
	if (track->read || track->made_here)
		restack(table);
	if (!track->read)
		begin_at(track, r, now);
	link_past_read(&track->past, r, now,
		       link->counted ? &table->flowed : &elsewhere, &table->oddities);
	show(link, &track->past.last);
}

bool link_table_reading(struct link_table *table, int ifindex,
			const struct link_reading *reading, double now)
{
	unsigned place;

	if (ifindex == table->loopback_ifindex)
		table->loopback_packets = reading->tx_packets;
	place = find(table, ifindex);
	if (place == table->count)
		return false;
	read_at(table, place, reading, now);
	return true;
}

static void raise_to(uint64_t *counter, uint64_t least)
{
	if (*counter < least)
		*counter = least;
}

/* A dump of the counters may overtake a waiting notification, and in the notification
 * of a removed veth the kernel has forgotten the traffic from its peer: a lower value
 * than the table's is not a reset. */
static struct link_reading not_behind(const struct link_counters *link,
				      struct link_reading r)
{
	raise_to(&r.rx_bytes, link->rx_bytes);
	raise_to(&r.tx_bytes, link->tx_bytes);
	raise_to(&r.rx_packets, link->rx_packets);
	raise_to(&r.tx_packets, link->tx_packets);
	return r;
}

/* Keeps the order, so that the shown links stay and a waiting link gets the last
 * place. */
static void drop(struct link_table *table, unsigned place)
{
	unsigned after = --table->count - place;

	memmove(&table->links[place], &table->links[place + 1],
		after * sizeof(table->links[0]));
	memmove(&table->tracks[place], &table->tracks[place + 1],
		after * sizeof(table->tracks[0]));
	memmove(&table->places[place], &table->places[place + 1],
		after * sizeof(table->places[0]));
	table->next = 0;
	table->restack = true;
}

static bool same_place(const struct link_place *a, const struct link_place *b)
{
	return a->below == b->below && a->master == b->master &&
	       a->elsewhere == b->elsewhere;
}

static void name_link(struct link_table *table, unsigned place,
		      const struct link_event *event)
{
	struct link_counters *link = &table->links[place];
	uint64_t identity =
	    hash_bytes(HASH_START, &event->ifindex, sizeof(event->ifindex));

	identity = hash_bytes(identity, event->name, sizeof(event->name));
	identity = hash_bytes(identity, event->address, event->address_length);
	table->tracks[place].identity = identity;
	memcpy(link->name, event->name, sizeof(link->name));
	if (memcmp(link->kind, event->kind, sizeof(link->kind)) != 0 ||
	    !same_place(&table->places[place], &event->place))
		table->restack = true;
	memcpy(link->kind, event->kind, sizeof(link->kind));
	table->places[place] = event->place;
}

/* Gives a new link its place. A link that was created here while notifications were
 * lost counts from 0. */
static unsigned add(struct link_table *table, const struct link_event *event,
		    bool made_here)
{
	unsigned place = table->count;
	struct link_track *track = &table->tracks[place];

	if (place == LINKS_MAX) {
		table->overflowed = true;
		return place;
	}
	table->count++;
	table->untracked += place >= COLLECT_LINKS_MAX;
	memset(&table->links[place], 0, sizeof(table->links[place]));
	memset(track, 0, sizeof(*track));
	memset(&table->places[place], 0, sizeof(table->places[place]));
	table->links[place].ifindex = event->ifindex;
	table->links[place].counted = true;
	table->restack = true;
	track->made_here = made_here;
	track->made_at = table->complete_at;
	return place;
}

/* Takes the counters of a message about a watched link. If the last reading is in
 * doubt, only a dump's reading is used. */
static void event_reading(struct link_table *table, unsigned place,
			  const struct link_event *event, enum link_origin origin,
			  double now)
{
	struct link_track *track = &table->tracks[place];
	struct link_reading reading = event->reading;
	struct link_sums elsewhere = {0};
	bool doubtful = track->read && track->past.doubt == LINK_PUT_OFF;

	if (event->gone && doubtful) {
		restack(table);
		link_past_end(&track->past,
			      table->links[place].counted ? &table->flowed : &elsewhere,
			      &table->oddities);
		return;
	}
	if (!event->has_reading || (origin == LINK_NOTIFIED && doubtful))
		return;
	if (origin == LINK_NOTIFIED && track->read)
		reading = not_behind(&table->links[place], reading);
	read_at(table, place, &reading, now);
}

/* Remembers one link that exists but that the list does not match, for the complaint
 * that no interface is watched. */
static void note_unwatched(struct link_table *table, const struct link_event *event,
			   bool watched)
{
	if (event->loopback)
		return;
	if (!watched && !event->gone) {
		memcpy(table->unwatched, event->name, sizeof(table->unwatched));
		table->unwatched_ifindex = event->ifindex;
	} else if (event->ifindex == table->unwatched_ifindex) {
		table->unwatched[0] = '\0';
	}
}

void link_table_event(struct link_table *table, const struct link_event *event,
		      enum link_origin origin, double now)
{
	unsigned place = find(table, event->ifindex);
	bool watched =
	    !event->gone && globs_watch(table->globs, event->name, event->loopback);
	bool is_new = place == table->count;

	note_unwatched(table, event, watched);
	if (event->loopback)
		table->loopback_ifindex = event->gone ? 0 : event->ifindex;
	if (watched && is_new)
		place = add(table, event,
			    origin == LINK_RESYNCED &&
				event->ifindex > table->known_ifindex);
	if (event->ifindex > table->highest_ifindex)
		table->highest_ifindex = event->ifindex;
	if (place == table->count)
		return;
	if (watched) {
		name_link(table, place, event);
		table->tracks[place].seen = true;
	}
	event_reading(table, place, event, origin, now);
	if (!watched)
		drop(table, place);
}

void link_table_lost(struct link_table *table, double now)
{
	if (table->incomplete)
		return;
	table->incomplete = true;
	table->known_ifindex = table->highest_ifindex;
	table->complete_at = now;
}

void link_table_resync_begin(struct link_table *table, double now)
{
	unsigned i;

	link_table_lost(table, now);
	for (i = 0; i < table->count; i++)
		table->tracks[i].seen = false;
	table->overflowed = false;
}

void link_table_resync_end(struct link_table *table, bool complete)
{
	unsigned i = 0;

	if (!complete)
		return;
	while (i < table->count) {
		if (table->tracks[i].seen)
			i++;
		else
			drop(table, i);
	}
	table->incomplete = false;
}

void link_table_sums(const struct link_table *table, struct link_sums *sums)
{
	unsigned i;

	memset(sums, 0, sizeof(*sums));
	for (i = 0; i < table->count; i++) {
		if (!table->links[i].counted)
			continue;
		sums->tx_bytes += table->links[i].tx_bytes;
		sums->tx_packets += table->links[i].tx_packets;
		sums->rx_bytes += table->links[i].rx_bytes;
		sums->rx_packets += table->links[i].rx_packets;
	}
}

uint64_t link_table_identity(const struct link_table *table)
{
	uint64_t identity = 0;
	unsigned i;

	for (i = 0; i < table->count; i++)
		if (table->links[i].counted)
			identity += table->tracks[i].identity;
	return identity;
}

const struct link_counters *link_table_named(const struct link_table *table,
					     const char *name)
{
	unsigned i;

	for (i = 0; i < table->count; i++)
		if (strncmp(table->links[i].name, name, IF_NAMESIZE) == 0)
			return &table->links[i];
	return NULL;
}

unsigned link_table_shown(const struct link_table *table)
{
	return table->count < COLLECT_LINKS_MAX ? table->count : COLLECT_LINKS_MAX;
}

void link_table_still(struct link_table *table, const struct link_counters *link,
		      const struct link_reading *reading, double now)
{
	unsigned place = (unsigned)(link - table->links);

	table->tracks[place].seen = true;
	read_at(table, place, reading, now);
}
