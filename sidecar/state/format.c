/* SPDX-License-Identifier: Apache-2.0 */
/* format.c - the content of the state file, and the traffic since it was written. */
#include "format.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define BYTE_ORDER_MARK 0x01020304u

static const char magic[8] = {'D', 'O', 'R', 'M', 'O', 'U', 'S', 'E'};

_Static_assert(sizeof(struct state_header) == 112, "the header has padding");
_Static_assert(sizeof(struct state_header) % STATE_ALIGN == 0 &&
		   sizeof(struct state_head) % STATE_ALIGN == 0,
	       "blocks are aligned");

struct state_header state_header_of(const struct state_mark *mark, size_t body_bytes)
{
	struct state_header header = {
	    .byte_order = BYTE_ORDER_MARK,
	    .version = STATE_VERSION,
	    .header_bytes = sizeof(header),
	    .body_bytes = body_bytes,
	    .saved_at = mark->saved_at,
	    .netns_inode = mark->epoch.netns_inode,
	    .link_identity = mark->epoch.link_identity,
	    .tx_bytes = mark->sums.tx_bytes,
	    .tx_packets = mark->sums.tx_packets,
	    .rx_bytes = mark->sums.rx_bytes,
	    .rx_packets = mark->sums.rx_packets,
	};

	memcpy(header.magic, magic, sizeof(magic));
	memcpy(header.boot_id, mark->epoch.boot_id, sizeof(header.boot_id));
	return header;
}

/* Checks that the file begins like a state file of this version and byte order. */
static int check_origin(const struct state_header *h, size_t bytes, struct error *err)
{
	if (bytes == 0)
		return fail(err, "empty");
	if (memcmp(h->magic, magic, bytes < sizeof(magic) ? bytes : sizeof(magic)) != 0)
		return fail(err, "not a state file of Dormouse");
	if (bytes < offsetof(struct state_header, layout))
		return fail(err, "truncated: %zu of %zu header bytes", bytes,
			    sizeof(*h));
	if (h->byte_order != BYTE_ORDER_MARK)
		return fail(err, "written on a machine with another byte order");
	if (h->version > STATE_VERSION)
		return fail(err,
			    "written by a newer Dormouse (format %" PRIu32
			    ", this one supports %d)",
			    h->version, STATE_VERSION);
	if (h->version < 1 || h->header_bytes != sizeof(*h))
		return fail(err, "unknown format %" PRIu32, h->version);
	if (bytes < sizeof(*h))
		return fail(err, "truncated: %zu of %zu header bytes", bytes,
			    sizeof(*h));
	return 0;
}

/* Checks that the file is as long as its header says, and unchanged. */
static int check_whole(const struct state_header *h, size_t bytes, struct error *err)
{
	const size_t rest = bytes - sizeof(*h);
	struct state_header header = *h;

	if (rest < h->body_bytes || rest - h->body_bytes < h->seen_bytes)
		return fail(err, "truncated: %zu of %" PRIu64 " bytes after the header",
			    rest, h->body_bytes + h->seen_bytes);
	if (rest - h->body_bytes > h->seen_bytes)
		return fail(err, "corrupt: %" PRIu64 " extra bytes at the end",
			    rest - h->body_bytes - h->seen_bytes);
	header.crc = 0;
	if (h->crc != crc32c(crc32c(0, &header, sizeof(header)), h + 1, rest))
		return fail(err, "corrupt: wrong checksum");
	if (!isfinite(h->saved_at) || h->saved_at < 0)
		return fail(err, "corrupt: invalid save time");
	return 0;
}

static void add_block(struct state_content *content, uint32_t tag, uint32_t layout,
		      const void *block, size_t bytes)
{
	content->head[content->count] =
	    (struct state_head){.tag = tag, .layout = layout, .bytes = (uint32_t)bytes};
	content->block[content->count++] = block;
}

/* Finds the blocks of a file before version 3. They are not larger than the file, which
 * is smaller than 4 GiB. */
static void split_old(const struct state_header *h, struct state_content *content)
{
	const char *body = (const char *)(h + 1);

	add_block(content, STATE_TAG_LEARNT, h->layout, body, (size_t)h->body_bytes);
	if (h->version == 2)
		add_block(content, STATE_TAG_SEEN, STATE_SEEN_LAYOUT_V2,
			  body + h->body_bytes, h->seen_bytes);
}

/* Finds the sections. */
static int split(const struct state_header *h, struct state_content *content,
		 struct error *err)
{
	const char *at = (const char *)(h + 1);
	size_t left = (size_t)h->body_bytes;

	while (left > 0) {
		struct state_head head;

		if (content->count == STATE_BLOCKS_MAX)
			return fail(err, "corrupt: more than %d sections",
				    STATE_BLOCKS_MAX);
		if (left < sizeof(head))
			return fail(err, "corrupt: %zu extra bytes at the end", left);
		memcpy(&head, at, sizeof(head));
		at += sizeof(head);
		left -= sizeof(head);
		const size_t padded = state_padded(head.bytes);
		if (left < padded)
			return fail(err, "corrupt: a section exceeds the file");
		add_block(content, head.tag, head.layout, at, head.bytes);
		at += padded;
		left -= padded;
	}
	return 0;
}

int state_parse(const void *file, size_t bytes, struct state_content *content,
		struct error *err)
{
	const struct state_header *h = file;

	if (check_origin(h, bytes, err) < 0 || check_whole(h, bytes, err) < 0)
		return -1;
	*content = (struct state_content){
	    .mark = {.saved_at = h->saved_at,
		     .epoch = {.netns_inode = h->netns_inode,
			       .link_identity = h->link_identity},
		     .sums = {.tx_bytes = h->tx_bytes,
			      .tx_packets = h->tx_packets,
			      .rx_bytes = h->rx_bytes,
			      .rx_packets = h->rx_packets}},
	};
	memcpy(content->mark.epoch.boot_id, h->boot_id, sizeof(h->boot_id));
	if (h->version == STATE_VERSION)
		return split(h, content, err);
	split_old(h, content);
	return 0;
}

/* An epoch whose namespace could not be read equals no other epoch. */
static bool same_epoch(const struct collect_epoch *a, const struct collect_epoch *b)
{
	return a->netns_inode != 0 && a->netns_inode == b->netns_inode &&
	       a->link_identity == b->link_identity &&
	       memcmp(a->boot_id, b->boot_id, sizeof(a->boot_id)) == 0;
}

bool state_flowed(const struct state_mark *mark, double now,
		  const struct collect_epoch *epoch, const struct link_sums *sums,
		  double *seconds, struct link_sums *flowed)
{
	const struct link_sums *then = &mark->sums;

	if (!same_epoch(&mark->epoch, epoch) || !(now > mark->saved_at))
		return false;
	if (sums->tx_bytes < then->tx_bytes || sums->tx_packets < then->tx_packets ||
	    sums->rx_bytes < then->rx_bytes || sums->rx_packets < then->rx_packets)
		return false;
	*seconds = now - mark->saved_at;
	*flowed = (struct link_sums){
	    .tx_bytes = sums->tx_bytes - then->tx_bytes,
	    .tx_packets = sums->tx_packets - then->tx_packets,
	    .rx_bytes = sums->rx_bytes - then->rx_bytes,
	    .rx_packets = sums->rx_packets - then->rx_packets,
	};
	return true;
}
