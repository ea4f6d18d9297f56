/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - what stands in the state file.
 *
 * A header of fixed size, then the learnt piece to the end of the file, both as they
 * are in memory: the file is read by the machine that wrote it. A byte order mark and
 * the sizes tell a foreign file, the checksum of both tells a damaged one. */
#ifndef DORMOUSE_STATE_FORMAT_H
#define DORMOUSE_STATE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "dormouse/state.h"

#define STATE_VERSION 1

struct state_header {
	char magic[8]; /* "DORMOUSE" */
	uint32_t byte_order;
	uint32_t version;      /* of this header */
	uint32_t header_bytes; /* sizeof(struct state_header) */
	uint32_t layout;       /* detector_layout() of what follows */
	uint64_t body_bytes;
	double saved_at;
	uint64_t netns_inode;
	uint8_t boot_id[16];
	uint64_t link_identity;
	uint64_t tx_bytes, tx_packets, rx_bytes, rx_packets;
	uint32_t reserved; /* 0 */
	uint32_t crc;      /* CRC-32C of the header with this member 0, and the body */
};

#define STATE_FILE_MAX (sizeof(struct state_header) + LEARNT_BYTES_MAX)

/* The header of a file with that body. */
struct state_header state_header_of(const struct state_mark *mark, uint32_t layout,
				    const void *body, size_t body_bytes);

/* Checks a whole file in memory. On success *body points into it. `file` is aligned as
 * malloc aligns. */
int state_parse(const void *file, size_t bytes, uint32_t layout,
		struct state_mark *mark, const void **body, size_t *body_bytes,
		struct error *err);

/* CRC-32C (Castagnoli; RFC 3720, appendix B.4) of what `crc` was the checksum of,
 * followed by these bytes; begin with 0. */
uint32_t crc32c(uint32_t crc, const void *data, size_t bytes);

#endif
