/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.c - decompresses a gzip file with zlib, which verifies its checksums. */
#include "gzip.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

#define PACKED_BYTES (16 * 1024)
#define GZIP_ONLY    (15 + 16) /* the largest window; only gzip headers */

struct gzip {
	z_stream stream;
	gzip_source *source;
	void *context;
	bool between; /* between members: another one or the end follows */
	unsigned char packed[PACKED_BYTES];
};

struct gzip *gzip_open(gzip_source *source, void *context)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->source = source;
	g->context = context;
	if (inflateInit2(&g->stream, GZIP_ONLY) == Z_OK)
		return g;
	free(g);
	return NULL;
}

void gzip_close(struct gzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->stream);
	free(g);
}

/* Returns 1 when there are compressed bytes, 0 at their end, -1 on failure. */
static int refill(struct gzip *g, struct error *err)
{
	if (g->stream.avail_in > 0)
		return 1;
	ssize_t got = g->source(g->context, g->packed, sizeof(g->packed), err);
	if (got <= 0)
		return (int)got;
	g->stream.next_in = g->packed;
	g->stream.avail_in = (unsigned)got;
	return 1;
}

/* Returns 1 when another member follows, 0 at the end, -1 on failure. Zeros behind the
 * last member are padding from tapes and block devices. */
static int next_member(struct gzip *g, struct error *err)
{
	int more;

	while ((more = refill(g, err)) > 0 && *g->stream.next_in == 0) {
		g->stream.next_in++;
		g->stream.avail_in--;
	}
	if (more <= 0)
		return more;
	g->between = false;
	return inflateReset(&g->stream) == Z_OK
		   ? 1
		   : fail(err, "gzip: cannot reset the decoder");
}

ssize_t gzip_read(struct gzip *g, void *to, size_t room, struct error *err)
{
	const unsigned wanted = room < UINT_MAX ? (unsigned)room : UINT_MAX;

	g->stream.next_out = to;
	g->stream.avail_out = wanted;
	while (g->stream.avail_out == wanted) {
		int more = g->between ? next_member(g, err) : refill(g, err);
		if (more < 0 || (more == 0 && g->between))
			return more;
		if (more == 0)
			return fail(err, "the gzip file is truncated");
		int result = inflate(&g->stream, Z_NO_FLUSH);
		if (result == Z_MEM_ERROR) /* its window comes with the first bytes */
			return fail_memory(err, "the decoder");
		if (result == Z_STREAM_END)
			g->between = true;
		else if (result != Z_OK && result != Z_BUF_ERROR)
			return fail(err, "the gzip file is damaged: %s",
				    g->stream.msg ? g->stream.msg : "no reason given");
	}
	return wanted - g->stream.avail_out;
}
