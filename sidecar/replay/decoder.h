/* SPDX-License-Identifier: Apache-2.0 */
/* decoder.h - a file's bytes as UTF-8: gzip is unpacked and UTF-16 turned, wherever the
 * first bytes say so. */
#ifndef DORMOUSE_REPLAY_DECODER_H
#define DORMOUSE_REPLAY_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "gzip.h"
#include "utf16.h"

#define DECODER_LOOKS 4    /* bytes tell what a file is */
#define DECODER_STEP  1024 /* bytes of UTF-16 turned at once */

/* The first bytes of a layer, which are read to be looked at. */
struct first_bytes {
	uint8_t bytes[DECODER_LOOKS];
	uint8_t count, taken;
};

struct decoder {
	int fd;
	bool begun, ended;
	bool refused; /* it is sound, but nothing that is read */
	struct first_bytes raw, unpacked;
	struct gzip *gzip; /* NULL: it is not packed */
	bool is_utf16;
	struct utf16 utf16;
	char turned[UTF16_AS_UTF8(DECODER_STEP)];
	size_t turned_at, turned_end;
};

/* Reads from the descriptor, which stays the caller's. */
void decoder_open(struct decoder *d, int fd);
void decoder_close(struct decoder *d);

/* Up to `room` bytes, at least 1. 0 at the end, -1 on failure: what is packed or
 * written in a way that is not understood, too. */
ssize_t decoder_read(struct decoder *d, char *to, size_t room, struct error *err);

#endif
