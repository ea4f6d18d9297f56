/* SPDX-License-Identifier: Apache-2.0 */
/* decoder.c - decodes a file's bytes to UTF-8.
 *
 * There are three layers: the file, the decompressed bytes, and the decoded text. Each
 * layer reads from the one before. The first bytes of the first two layers are
 * inspected before the next layer reads them.
 */
#include "decoder.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void decoder_open(struct decoder *d, int fd)
{
	*d = (struct decoder){.fd = fd};
}

void decoder_close(struct decoder *d)
{
	gzip_close(d->gzip);
	d->gzip = NULL;
}

/* Returns the bytes that were read in advance; false when none is left. */
static bool take_first(struct first_bytes *f, void *to, size_t room, size_t *taken)
{
	size_t left = (size_t)(f->count - f->taken);

	*taken = left < room ? left : room;
	memcpy(to, f->bytes + f->taken, *taken);
	f->taken = (uint8_t)(f->taken + *taken);
	return *taken > 0;
}

static ssize_t read_file(struct decoder *d, void *to, size_t room, struct error *err)
{
	size_t taken;
	ssize_t got;

	if (take_first(&d->raw, to, room, &taken))
		return (ssize_t)taken;
	do
		got = read(d->fd, to, room);
	while (got < 0 && errno == EINTR);
	return got < 0 ? fail_errno(err, errno, "reading") : got;
}

/* gzip_source. */
static ssize_t read_packed(void *context, void *to, size_t room, struct error *err)
{
	return read_file(context, to, room, err);
}

static ssize_t read_unpacked(struct decoder *d, void *to, size_t room,
			     struct error *err)
{
	size_t taken;

	if (take_first(&d->unpacked, to, room, &taken))
		return (ssize_t)taken;
	return d->gzip ? gzip_read(d->gzip, to, room, err)
		       : read_file(d, to, room, err);
}

typedef ssize_t layer_read(struct decoder *d, void *to, size_t room, struct error *err);

static int look(struct decoder *d, struct first_bytes *f, layer_read *layer,
		struct error *err)
{
	uint8_t bytes[DECODER_LOOKS];
	uint8_t count = 0;

	while (count < sizeof(bytes)) {
		ssize_t got = layer(d, bytes + count, sizeof(bytes) - count, err);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		count = (uint8_t)(count + got);
	}
	memcpy(f->bytes, bytes, sizeof(bytes));
	f->count = count;
	f->taken = 0;
	return 0;
}

static bool begins(const struct first_bytes *f, const char *bytes, uint8_t length)
{
	return f->count >= length && memcmp(f->bytes, bytes, length) == 0;
}

/* Rejects common formats that are not supported. */
static int refuse_packed(struct decoder *d, struct error *err)
{
	static const struct {
		char bytes[5];
		uint8_t length;
		char is[46];
	} packers[] = {
	    {"\x28\xB5\x2F\xFD", 4, "packed by zstd: use zstd -dc"},
	    {"\xFD\x37zX", 4, "packed by xz: use xz -dc"},
	    {"BZh", 3, "packed by bzip2: use bzip2 -dc"},
	    {"PK\x03\x04", 4, "a zip archive or a spreadsheet: save as CSV"},
	};

	for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]); i++) {
		if (!begins(&d->raw, packers[i].bytes, packers[i].length))
			continue;
		d->refused = true;
		return fail(err, "%s", packers[i].is);
	}
	return 0;
}

static int choose_packing(struct decoder *d, struct error *err)
{
	if (look(d, &d->raw, read_file, err) < 0 || refuse_packed(d, err) < 0)
		return -1;
	if (!begins(&d->raw, "\x1F\x8B", 2))
		return 0;
	d->gzip = gzip_open(read_packed, d);
	return d->gzip ? 0 : fail_memory(err, "the decoder");
}

/* Recognises UTF-16 by a byte order mark, or by a zero byte beside the first character,
 * which is ASCII in any trace. */
static int choose_encoding(struct decoder *d, struct error *err)
{
	const uint8_t *b = d->unpacked.bytes;
	bool mark;

	if (look(d, &d->unpacked, read_unpacked, err) < 0)
		return -1;
	if (d->unpacked.count < 2)
		return 0;
	if (begins(&d->unpacked, "\xFF\xFE\0\0", 4) ||
	    begins(&d->unpacked, "\0\0\xFE\xFF", 4)) {
		d->refused = true;
		return fail(err, "written in UTF-32: save it as UTF-8");
	}
	mark = (b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF);
	if (!mark && (b[0] == 0) == (b[1] == 0))
		return 0;
	d->is_utf16 = true;
	d->utf16.big_endian = b[0] == 0xFE || b[0] == 0;
	d->unpacked.taken = mark ? 2 : 0;
	return 0;
}

/* Returns 1 when there are converted bytes, 0 at the end. */
static int turn_more(struct decoder *d, struct error *err)
{
	uint8_t bytes[DECODER_STEP];

	d->turned_at = d->turned_end = 0;
	while (d->turned_end == 0) {
		if (d->ended)
			return 0;
		ssize_t got = read_unpacked(d, bytes, sizeof(bytes), err);
		if (got < 0)
			return -1;
		d->ended = got == 0;
		d->turned_end =
		    d->ended ? utf16_end(&d->utf16, d->turned)
			     : utf16_turn(&d->utf16, bytes, (size_t)got, d->turned);
	}
	return 1;
}

ssize_t decoder_read(struct decoder *d, char *to, size_t room, struct error *err)
{
	if (!d->begun) {
		d->begun = true;
		if (choose_packing(d, err) < 0 || choose_encoding(d, err) < 0)
			return -1;
	}
	if (!d->is_utf16)
		return read_unpacked(d, to, room, err);
	if (d->turned_at == d->turned_end) {
		int more = turn_more(d, err);
		if (more <= 0)
			return more;
	}
	size_t left = d->turned_end - d->turned_at;
	size_t taken = left < room ? left : room;
	memcpy(to, d->turned + d->turned_at, taken);
	d->turned_at += taken;
	return (ssize_t)taken;
}
