/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.h - a gzip file being unpacked: one member or several, as gzip and its kin write
 * them. */
#ifndef DORMOUSE_REPLAY_GZIP_H
#define DORMOUSE_REPLAY_GZIP_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct gzip;

/* Fills up to `room` packed bytes; 0 at the end, -1 on failure. */
typedef ssize_t gzip_source(void *context, void *to, size_t room, struct error *err);

/* NULL on allocation failure. */
struct gzip *gzip_open(gzip_source *source, void *context);
void gzip_close(struct gzip *g);

/* Unpacks up to `room` bytes, at least 1. 0 at the end, -1 when the source fails or is
 * no sound gzip file: cut off, or damaged. */
ssize_t gzip_read(struct gzip *g, void *to, size_t room, struct error *err);

#endif
