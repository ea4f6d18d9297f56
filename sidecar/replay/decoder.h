/* SPDX-License-Identifier: Apache-2.0 */
/* decoder.h - decodes a file's bytes to UTF-8: decompresses gzip and converts UTF-16,
 * recognised by the first bytes. */
#ifndef DORMOUSE_REPLAY_DECODER_H
#define DORMOUSE_REPLAY_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "gzip.h"
#include "utf16.h"

#define DECODER_LOOKS 4    /* bytes that identify the format of a file */
#define DECODER_STEP  1024 /* bytes of UTF-16 converted at once */

/* The first bytes of a layer, read in advance to identify its format. */
struct first_bytes {
	uint8_t bytes[DECODER_LOOKS];
	uint8_t count, taken;
};

struct decoder {
	int fd;
	bool begun, ended;
	bool refused; /* the file has a format that is not supported */
	struct first_bytes raw, unpacked;
	struct gzip *gzip; /* NULL: not compressed */
	bool is_utf16;
	struct utf16 utf16;
	char turned[UTF16_AS_UTF8(DECODER_STEP)];
	size_t turned_at, turned_end;
};

/* Reads from the descriptor, which the caller keeps and closes. */
void decoder_open(struct decoder *d, int fd);
void decoder_close(struct decoder *d);

/* Reads up to `room` bytes, at least 1. Returns 0 at the end, -1 on failure, also for
 * an unsupported compression or encoding. */
ssize_t decoder_read(struct decoder *d, char *to, size_t room, struct error *err);

#endif
