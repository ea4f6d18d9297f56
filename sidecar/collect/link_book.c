/* SPDX-License-Identifier: Apache-2.0 */
/* link_book.c - what flowed over the watched links, whatever becomes of them. */
#include "link_book.h"

#include <string.h>

#include "dormouse/hash.h"
#include "globs.h"

/* No link carries more than 400 Gbit/s, nor more packets than fit into that: 84 bytes
 * on the wire is the least that an Ethernet frame takes. The second on top is for two
 * readings in quick succession whose counters were not taken at the same moment. */
#define BYTES_PER_SECOND_MAX   50e9
#define PACKETS_PER_SECOND_MAX 600e6
#define ELAPSED_SLACK_S        1.0

static bool wrapped_32(uint64_t last, uint64_t now)
{
	return last <= UINT32_MAX && last > INT32_MAX && now <= INT32_MAX;
}

uint64_t link_counter_delta(uint64_t last, uint64_t now, bool sibling_fell,
			    uint64_t most)
{
	uint64_t delta = 0;

	if (now >= last)
		delta = now - last;
	else if (!sibling_fell && wrapped_32(last, now))
		delta = now + ((uint64_t)UINT32_MAX + 1) - last;
	else if (now < last / 2)
		delta = now;
	return delta <= most ? delta : 0;
}

void link_book_open(struct link_book *book, const char *globs, double now)
{
	memset(book, 0, sizeof(*book));
	memcpy(book->globs, globs, strnlen(globs, sizeof(book->globs) - 1));
	book->complete_at = now;
}

/* The place of that link, or book->count when it is not watched. Dumps come in the same
 * order each time, so the next one is nearly always where the last search ended. */
static unsigned find(struct link_book *book, int ifindex)
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

/* Adds what one pair of counters, bytes and packets of one direction, moved by. */
static void advance(struct link_book *book, const uint64_t last[2],
		    const uint64_t now[2], double elapsed_s, uint64_t *bytes,
		    uint64_t *packets)
{
	uint64_t most_bytes = (uint64_t)(BYTES_PER_SECOND_MAX * elapsed_s);
	uint64_t most_packets = (uint64_t)(PACKETS_PER_SECOND_MAX * elapsed_s);
	bool bytes_fell = now[0] < last[0], packets_fell = now[1] < last[1];

	*bytes += link_counter_delta(last[0], now[0], packets_fell, most_bytes);
	*packets += link_counter_delta(last[1], now[1], bytes_fell, most_packets);
	if (bytes_fell || packets_fell || now[0] - last[0] > most_bytes)
		book->resets++;
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

static void read_at(struct link_book *book, unsigned place,
		    const struct link_reading *r, double now)
{
	struct link_counters *link = &book->links[place];
	struct link_track *track = &book->tracks[place];
	double elapsed_s = ELAPSED_SLACK_S;
	uint64_t last_rx[2] = {link->rx_bytes, link->rx_packets};
	uint64_t last_tx[2] = {link->tx_bytes, link->tx_packets};
	uint64_t now_rx[2] = {r->rx_bytes, r->rx_packets};
	uint64_t now_tx[2] = {r->tx_bytes, r->tx_packets};

	if (now > track->read_at)
		elapsed_s += now - track->read_at;
	advance(book, last_rx, now_rx, elapsed_s, &book->flowed.rx_bytes,
		&book->flowed.rx_packets);
	advance(book, last_tx, now_tx, elapsed_s, &book->flowed.tx_bytes,
		&book->flowed.tx_packets);
	show(link, r);
	track->read_at = now;
}

void link_book_reading(struct link_book *book, int ifindex,
		       const struct link_reading *reading, double now)
{
	unsigned place;

	if (ifindex == book->loopback_ifindex)
		book->loopback_packets = reading->tx_packets;
	place = find(book, ifindex);
	if (place < book->count)
		read_at(book, place, reading, now);
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

static void drop(struct link_book *book, unsigned place)
{
	unsigned last = --book->count;

	book->links[place] = book->links[last];
	book->tracks[place] = book->tracks[last];
	book->next = 0;
}

static void name_link(struct link_book *book, unsigned place,
		      const struct link_news *news)
{
	struct link_counters *link = &book->links[place];
	uint64_t identity =
	    hash_bytes(HASH_START, &news->ifindex, sizeof(news->ifindex));

	identity = hash_bytes(identity, news->name, sizeof(news->name));
	identity = hash_bytes(identity, news->address, news->address_length);
	book->tracks[place].identity = identity;
	memcpy(link->name, news->name, sizeof(link->name));
	memcpy(link->kind, news->kind, sizeof(link->kind));
}

/* Where a link that is new to the book begins to count: see link_book.h. */
static void first_reading(struct link_book *book, unsigned place,
			  const struct link_news *news, bool made_meanwhile, double now)
{
	if (made_meanwhile) {
		book->tracks[place].read_at = book->complete_at;
		read_at(book, place, &news->reading, now);
		return;
	}
	show(&book->links[place], &news->reading);
	book->tracks[place].read_at = now;
}

static unsigned add(struct link_book *book, const struct link_news *news,
		    bool made_meanwhile, double now)
{
	unsigned place = book->count;

	if (place == COLLECT_LINKS_MAX) {
		book->untracked++;
		book->overflowed = true;
		return place;
	}
	book->count++;
	memset(&book->links[place], 0, sizeof(book->links[place]));
	memset(&book->tracks[place], 0, sizeof(book->tracks[place]));
	book->links[place].ifindex = news->ifindex;
	first_reading(book, place, news, made_meanwhile, now);
	return place;
}

/* Takes in the counters that a message about a watched link carries. */
static void news_reading(struct link_book *book, unsigned place,
			 const struct link_news *news, enum link_origin origin,
			 double now)
{
	struct link_reading reading = news->reading;

	if (!news->has_reading)
		return;
	if (origin == LINK_ANNOUNCED)
		reading = not_behind(&book->links[place], reading);
	read_at(book, place, &reading, now);
}

void link_book_news(struct link_book *book, const struct link_news *news,
		    enum link_origin origin, double now)
{
	unsigned place = find(book, news->ifindex);
	bool watched =
	    !news->gone && globs_watch(book->globs, news->name, news->loopback);
	bool made_meanwhile =
	    origin == LINK_RESYNCED && news->ifindex > book->known_ifindex;

	if (news->ifindex > book->highest_ifindex)
		book->highest_ifindex = news->ifindex;
	if (news->loopback)
		book->loopback_ifindex = news->gone ? 0 : news->ifindex;
	if (place < book->count)
		news_reading(book, place, news, origin, now);
	if (!watched) {
		if (place < book->count)
			drop(book, place);
		return;
	}
	if (place == book->count && news->has_reading)
		place = add(book, news, made_meanwhile, now);
	if (place < book->count) {
		name_link(book, place, news);
		book->tracks[place].seen = true;
	}
}

void link_book_lost(struct link_book *book, double now)
{
	if (book->incomplete)
		return;
	book->incomplete = true;
	book->known_ifindex = book->highest_ifindex;
	book->complete_at = now;
}

void link_book_resync_begin(struct link_book *book, double now)
{
	unsigned i;

	link_book_lost(book, now);
	for (i = 0; i < book->count; i++)
		book->tracks[i].seen = false;
	book->overflowed = false;
}

void link_book_resync_end(struct link_book *book, bool complete)
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

void link_book_sums(const struct link_book *book, struct link_sums *sums)
{
	unsigned i;

	memset(sums, 0, sizeof(*sums));
	for (i = 0; i < book->count; i++) {
		sums->tx_bytes += book->links[i].tx_bytes;
		sums->tx_packets += book->links[i].tx_packets;
		sums->rx_bytes += book->links[i].rx_bytes;
		sums->rx_packets += book->links[i].rx_packets;
	}
}

uint64_t link_book_identity(const struct link_book *book)
{
	uint64_t identity = 0;
	unsigned i;

	for (i = 0; i < book->count; i++)
		identity += book->tracks[i].identity;
	return identity;
}
