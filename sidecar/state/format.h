/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - the format of the state file.
 *
 * The file is a header of fixed size, then the learnt state, then the addresses that
 * the pod has sent to. All have the layout that they have in memory, because the
 * machine that wrote the file also reads it. A byte order mark and the sizes detect a
 * foreign file. The checksum of all parts detects a damaged file. Version 1 had no
 * addresses. */
#ifndef DORMOUSE_STATE_FORMAT_H
#define DORMOUSE_STATE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "dormouse/state.h"

#define STATE_VERSION 2

struct state_header {
	char magic[8]; /* "DORMOUSE" */
	uint32_t byte_order;
	uint32_t version;      /* of this header */
	uint32_t header_bytes; /* sizeof(struct state_header) */
	uint32_t layout;       /* detector_layout() of the body */
	uint64_t body_bytes;
	double saved_at;
	uint64_t netns_inode;
	uint8_t boot_id[16];
	uint64_t link_identity;
	uint64_t tx_bytes, tx_packets, rx_bytes, rx_packets;
	uint32_t seen_bytes; /* of the addresses after the body; version 1: 0 */
	uint32_t crc;        /* CRC-32C of the file, with crc = 0 */
};

#define STATE_FILE_MAX (sizeof(struct state_header) + LEARNT_BYTES_MAX + SEEN_BYTES_MAX)

/* What a file holds. Does not own the blocks. */
struct state_content {
	struct state_mark mark;
	const void *body; /* the learnt state */
	size_t body_bytes;
	const void *seen;  /* the addresses; opaque, see collect.h */
	size_t seen_bytes; /* 0: none */
};

/* Returns the header for a file with that content. `layout` is that of the body. */
struct state_header state_header_of(const struct state_content *content,
				    uint32_t layout);

/* Checks a whole file in memory. On success, *content is set and its blocks are in
 * `file`. `file` must have the alignment of malloc(). */
int state_parse(const void *file, size_t bytes, uint32_t layout,
		struct state_content *content, struct error *err);

/* Continues a CRC-32C (Castagnoli; RFC 3720, appendix B.4): `crc` is the checksum of
 * the bytes before, 0 at the start. Returns the checksum including these bytes. */
uint32_t crc32c(uint32_t crc, const void *data, size_t bytes);

#endif
