/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - the format of the state file.
 *
 * The file is a header of fixed size, then sections: a head of fixed size, a block, and
 * zeroes up to a multiple of 8 bytes. All have the layout that they have in memory,
 * because the machine that wrote the file also reads it. A byte order mark and the
 * sizes detect a foreign file. The checksum of all parts detects a damaged file.
 *
 * Version 2 had two blocks without heads after the header: the learnt state, and the
 * addresses that the pod had sent to. Version 1 had no addresses. */
#ifndef DORMOUSE_STATE_FORMAT_H
#define DORMOUSE_STATE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "dormouse/state.h"

#define STATE_VERSION 3

struct state_header {
	char magic[8]; /* "DORMOUSE" */
	uint32_t byte_order;
	uint32_t version;      /* of the format */
	uint32_t header_bytes; /* sizeof(struct state_header) */
	uint32_t layout;       /* before version 3: of the learnt state; now 0 */
	uint64_t body_bytes;   /* of all sections; before: of the learnt state */
	double saved_at;
	uint64_t netns_inode;
	uint8_t boot_id[16];
	uint64_t link_identity;
	uint64_t tx_bytes, tx_packets, rx_bytes, rx_packets;
	uint32_t seen_bytes; /* version 2: of the addresses; else 0 */
	uint32_t crc;        /* CRC-32C of the file, with crc = 0 */
};

/* Before each section's block. */
struct state_head {
	uint32_t tag, layout;
	uint32_t bytes; /* of the block, without the zeroes after it */
	uint32_t unused;
};

#define STATE_ALIGN 8u

/* Returns the bytes of a block with the zeroes after it. */
static inline size_t state_padded(size_t bytes)
{
	return (bytes + STATE_ALIGN - 1) / STATE_ALIGN * STATE_ALIGN;
}

/* What the blocks of version 2 are called since. */
#define STATE_TAG_LEARNT     STATE_TAG('L', 'R', 'N', 'T')
#define STATE_TAG_SEEN       STATE_TAG('S', 'E', 'E', 'N')
#define STATE_SEEN_LAYOUT_V2 0x53410001u

/* More than this version writes, so that a file with more sections is read too. */
#define STATE_BLOCKS_MAX 16

/* A file in memory. Does not own the blocks. */
struct state_content {
	struct state_mark mark;
	struct state_head head[STATE_BLOCKS_MAX];
	const void *block[STATE_BLOCKS_MAX];
	size_t count;
};

/* Returns the header for a file with that mark and so many bytes of sections; its crc
 * is 0. */
struct state_header state_header_of(const struct state_mark *mark, size_t body_bytes);

/* Checks a whole file in memory. On success, *content is set and its blocks are in
 * `file`. `file` must have the alignment of malloc(). */
int state_parse(const void *file, size_t bytes, struct state_content *content,
		struct error *err);

/* Continues a CRC-32C (Castagnoli; RFC 3720, appendix B.4): `crc` is the checksum of
 * the bytes before, 0 at the start. Returns the checksum including these bytes. */
uint32_t crc32c(uint32_t crc, const void *data, size_t bytes);

#endif
