/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.h - decompresses a gzip file of one or more members. */
#ifndef DORMOUSE_REPLAY_GZIP_H
#define DORMOUSE_REPLAY_GZIP_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct gzip;

/* Fills up to `room` compressed bytes; returns 0 at the end, -1 on failure. */
typedef ssize_t gzip_source(void *context, void *to, size_t room, struct error *err);

/* Returns NULL on allocation failure. */
struct gzip *gzip_open(gzip_source *source, void *context);
void gzip_close(struct gzip *g);

/* Decompresses up to `room` bytes, at least 1. Returns 0 at the end; -1 when the source
 * fails, or when the gzip file is truncated or damaged. */
ssize_t gzip_read(struct gzip *g, void *to, size_t room, struct error *err);

#endif
