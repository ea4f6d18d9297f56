/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - reads and writes the state file.
 *
 * The path may be unsafe: mistyped, or in a volume where others can write. So only a
 * regular file of a plausible size is read, and opening never blocks (a FIFO would
 * block).
 */
#include "dormouse/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/read_full.h"
#include "format.h"

#define PATH_BYTES_MAX 1024

/* Writes PATH and a suffix to `out`. Returns -1 if the result is too long. */
static int path_with(char out[PATH_BYTES_MAX], const char *path, const char *suffix,
		     struct error *err)
{
	const int length = snprintf(out, PATH_BYTES_MAX, "%s%s", path, suffix);

	if (length < 0 || length >= PATH_BYTES_MAX)
		return fail(err, "the path is too long");
	return 0;
}

/* --- writing ------------------------------------------------------------------------
 */

/* Opens the folder of the path, to sync it. */
static int open_folder(const char *path, struct error *err)
{
	char folder[PATH_BYTES_MAX];
	const char *slash = strrchr(path, '/');

	if (path_with(folder, slash ? path : ".", "", err) < 0)
		return -1;
	if (slash) /* "/file" is in "/" */
		folder[slash == path ? 1 : slash - path] = '\0';
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, errno, "open its folder");
	return fd;
}

/* Creates the temporary file. It replaces one that a killed process left, and never
 * follows a link that somebody put in its place. */
static int create_temporary(const char *temporary, struct error *err)
{
	unlink(temporary); /* if this fails, open() reports the reason */
	const int fd =
	    open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(err, errno, "create %s", temporary);
	return fd;
}

/* The header, and of each section its head, its block and its zeroes. */
#define PIECES_MAX (1 + 3 * STATE_SECTIONS_MAX)

/* What is written, in pieces that lie where their owners have them. */
struct outgoing {
	struct state_header header;
	struct state_head head[STATE_SECTIONS_MAX];
	struct iovec piece[PIECES_MAX];
	unsigned count;
	size_t bytes;
};

static void add_piece(struct outgoing *out, const void *data, size_t bytes)
{
	out->piece[out->count++] = (struct iovec){(void *)data, bytes};
	out->bytes += bytes;
}

static void add_section(struct outgoing *out, struct state_head *head,
			const struct state_section *section)
{
	static const char zeroes[STATE_ALIGN];
	size_t bytes = 0;
	const void *block = section->save(section->owner, &bytes);

	if (bytes == 0)
		return;
	*head = (struct state_head){
	    .tag = section->tag, .layout = section->layout, .bytes = (uint32_t)bytes};
	add_piece(out, head, sizeof(*head));
	add_piece(out, block, bytes);
	add_piece(out, zeroes, state_padded(bytes) - bytes);
}

/* Collects the pieces and computes their checksum. */
static int gather(struct outgoing *out, const struct state_table *table,
		  const struct state_mark *mark, struct error *err)
{
	uint32_t crc = 0;

	add_piece(out, &out->header, sizeof(out->header));
	for (size_t i = 0; i < table->count && i < STATE_SECTIONS_MAX; i++)
		add_section(out, &out->head[i], &table->sections[i]);
	if (out->bytes > STATE_FILE_MAX)
		return fail(err, "%zu bytes, more than %zu", out->bytes,
			    STATE_FILE_MAX);
	out->header = state_header_of(mark, out->bytes - sizeof(out->header));
	for (unsigned i = 0; i < out->count; i++)
		crc = crc32c(crc, out->piece[i].iov_base, out->piece[i].iov_len);
	out->header.crc = crc;
	return 0;
}

/* Writes all pieces, with as many calls as needed. */
static int write_all(int fd, struct outgoing *out, struct error *err)
{
	struct iovec *piece = out->piece, *const end = piece + out->count;

	while (piece < end) {
		ssize_t written = writev(fd, piece, (int)(end - piece));
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail_errno(err, errno, "write");
		for (; piece < end && (size_t)written >= piece->iov_len; piece++)
			written -= (ssize_t)piece->iov_len;
		if (piece < end) {
			piece->iov_base = (char *)piece->iov_base + written;
			piece->iov_len -= (size_t)written;
		}
	}
	return 0;
}

/* Writes, syncs and closes fd. */
static int fill(int fd, struct outgoing *out, struct error *err)
{
	int result = write_all(fd, out, err);

	if (result == 0 && fsync(fd) < 0)
		result = fail_errno(err, errno, "sync");
	/* Some file systems report a failed write only here. */
	if (close(fd) < 0 && result == 0)
		result = fail_errno(err, errno, "close");
	return result;
}

static int save(const char *path, struct outgoing *content, struct error *err)
{
	char temporary[PATH_BYTES_MAX];
	int result = -1;

	if (path_with(temporary, path, ".tmp", err) < 0)
		return -1;
	const int folder = open_folder(path, err);
	if (folder < 0)
		return -1;
	const int fd = create_temporary(temporary, err);
	if (fd < 0)
		goto out;
	if (fill(fd, content, err) < 0) {
		unlink(temporary);
		goto out;
	}
	if (rename(temporary, path) < 0) {
		fail_errno(err, errno, "rename the temporary file over it");
		unlink(temporary);
		goto out;
	}
	/* EINVAL: this file system cannot sync folders. That is acceptable. */
	if (fsync(folder) < 0 && errno != EINVAL)
		fail_errno(err, errno, "sync its folder");
	else
		result = 0;
out:
	close(folder);
	return result;
}

int state_save(const char *path, const struct state_table *table,
	       const struct state_mark *mark, struct error *err)
{
	struct outgoing out = {.count = 0};

	if (gather(&out, table, mark, err) < 0 || save(path, &out, err) < 0)
		return fail_within(err, "save state file %s", path);
	return 0;
}

/* --- reading ------------------------------------------------------------------------
 */

/* Opens the file if it is a regular file, and sets *bytes to its size. Returns the
 * descriptor, or -1; then *load is STATE_ABSENT or STATE_FAILED. */
static int open_file(const char *path, off_t *bytes, enum state_load *load,
		     struct error *err)
{
	struct stat st;
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	*load = STATE_FAILED;
	if (fd < 0) {
		if (errno == ENOENT)
			*load = STATE_ABSENT;
		return fail_errno(err, errno, "open");
	}
	if (fstat(fd, &st) < 0)
		fail_errno(err, errno, "stat");
	else if (!S_ISREG(st.st_mode))
		fail(err, "not a regular file");
	else {
		*bytes = st.st_size;
		return fd;
	}
	close(fd);
	return -1;
}

/* Restores one section from the file. Returns -1 with the reason if it is there and
 * cannot be used; the owner is then told that there is nothing. */
static int restore(const struct state_section *section,
		   const struct state_content *content, struct error *err)
{
	struct error ignored;
	size_t i = 0;

	while (i < content->count && content->head[i].tag != section->tag)
		i++;
	if (i < content->count && content->head[i].layout == section->layout)
		return section->restore(section->owner, content->block[i],
					content->head[i].bytes, err);
	section->restore(section->owner, NULL, 0, &ignored);
	if (i == content->count)
		return 0;
	return fail(err, "unknown layout %08" PRIx32 ", expected %08" PRIx32,
		    content->head[i].layout, section->layout);
}

static bool is_known(const struct state_table *table, uint32_t tag)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->sections[i].tag == tag)
			return true;
	return false;
}

static void note_unknown(const struct state_table *table, uint32_t tag)
{
	const char letters[] = {(char)tag, (char)(tag >> 8), (char)(tag >> 16),
				(char)(tag >> 24), 0};
	struct error why;

	fail(&why, "unknown section %s", letters);
	table->not_taken(table->context, NULL, &why);
}

/* Checks the file's content and restores what can be used of it. */
static int take_in(const void *file, size_t bytes, const struct state_table *table,
		   struct state_mark *mark, struct error *err)
{
	struct state_content content;
	struct error why;

	if (state_parse(file, bytes, &content, err) < 0)
		return -1;
	for (size_t i = 0; i < table->count; i++)
		if (restore(&table->sections[i], &content, &why) < 0)
			table->not_taken(table->context, &table->sections[i], &why);
	for (size_t i = 0; i < content.count; i++)
		if (!is_known(table, content.head[i].tag))
			note_unknown(table, content.head[i].tag);
	*mark = content.mark;
	return 0;
}

/* Renames PATH to PATH.bad. Returns STATE_SET_ASIDE and leaves err as it is, or returns
 * STATE_FAILED and adds the reason when the rename fails. */
static enum state_load set_aside(const char *path, struct error *err)
{
	char bad[PATH_BYTES_MAX];
	struct error why;

	if (path_with(bad, path, ".bad", &why) == 0) {
		if (rename(path, bad) == 0)
			return STATE_SET_ASIDE;
		fail_errno(&why, errno, "rename");
	}
	const struct error what = *err;
	fail(err, "%.120s; cannot set it aside: %.100s", what.text, why.text);
	return STATE_FAILED;
}

static enum state_load load_file(const char *path, const struct state_table *table,
				 struct state_mark *mark, struct error *err)
{
	enum state_load load;
	off_t bytes = 0;
	char *file = NULL;
	const int fd = open_file(path, &bytes, &load, err);

	if (fd < 0)
		return load;
	load = STATE_FAILED;
	if (bytes > (off_t)STATE_FILE_MAX) {
		fail(err, "not a state file of Dormouse: larger than %zu bytes",
		     STATE_FILE_MAX);
		load = set_aside(path, err);
		goto out;
	}
	/* At least a header long and zeroed, so that a shorter file can be read as
	 * one, also one that became shorter in the meantime. */
	file = calloc(1, sizeof(struct state_header) + (size_t)bytes);
	if (!file) {
		fail_errno(err, errno, "allocate %lld bytes for it", (long long)bytes);
		goto out;
	}
	const ssize_t length = read_full(fd, file, (size_t)bytes);
	if (length < 0) {
		fail_errno(err, errno, "read");
		goto out;
	}
	load = take_in(file, (size_t)length, table, mark, err) == 0
		   ? STATE_LOADED
		   : set_aside(path, err);
out:
	free(file);
	close(fd);
	return load;
}

enum state_load state_load(const char *path, const struct state_table *table,
			   struct state_mark *mark, struct error *err)
{
	*mark = (struct state_mark){0};
	const enum state_load load = load_file(path, table, mark, err);

	if (load != STATE_LOADED)
		*mark = (struct state_mark){0};
	if (load == STATE_SET_ASIDE)
		fail_within(err, "state file %s, set aside as %s.bad", path, path);
	else if (load == STATE_FAILED)
		fail_within(err, "state file %s", path);
	return load;
}
