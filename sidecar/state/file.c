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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

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

#define PIECES 3

/* Writes all pieces, with as many calls as needed. */
static int write_all(int fd, struct iovec pieces[PIECES], struct error *err)
{
	unsigned first = 0;

	while (first < PIECES) {
		ssize_t written = writev(fd, pieces + first, (int)(PIECES - first));
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail_errno(err, errno, "write");
		for (; first < PIECES && (size_t)written >= pieces[first].iov_len;
		     first++)
			written -= (ssize_t)pieces[first].iov_len;
		if (first < PIECES) {
			pieces[first].iov_base =
			    (char *)pieces[first].iov_base + written;
			pieces[first].iov_len -= (size_t)written;
		}
	}
	return 0;
}

/* Writes, syncs and closes fd. */
static int fill(int fd, const struct state_content *content, struct error *err)
{
	struct state_header header = state_header_of(content, detector_layout());
	struct iovec pieces[PIECES] = {{&header, sizeof(header)},
				       {(void *)content->body, content->body_bytes},
				       {(void *)content->seen, content->seen_bytes}};
	int result = write_all(fd, pieces, err);

	if (result == 0 && fsync(fd) < 0)
		result = fail_errno(err, errno, "sync");
	/* Some file systems report a failed write only here. */
	if (close(fd) < 0 && result == 0)
		result = fail_errno(err, errno, "close");
	return result;
}

static int save(const char *path, const struct state_content *content,
		struct error *err)
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

int state_save(const char *path, const struct detector *d, const struct collector *c,
	       const struct state_mark *mark, struct error *err)
{
	struct state_content content = {.mark = *mark};

	content.body = detector_learnt(d, &content.body_bytes);
	content.seen = collector_seen_addresses(c, &content.seen_bytes);
	if (save(path, &content, err) < 0)
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

/* Reads up to `bytes`, or fewer when the file became shorter in the meantime. */
static ssize_t read_all(int fd, char *into, size_t bytes, struct error *err)
{
	size_t length = 0;

	while (length < bytes) {
		const ssize_t n = read(fd, into + length, bytes - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(err, errno, "read");
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

/* Checks the file's content and restores the detector and the collector from it. */
static int take_in(const void *file, size_t bytes, struct detector *d,
		   struct collector *c, struct state_mark *mark, struct error *err)
{
	struct state_content content;

	if (state_parse(file, bytes, detector_layout(), &content, err) < 0)
		return -1;
	if (detector_restore(d, content.body, content.body_bytes, err) < 0)
		return fail_within(err, "corrupt baseline");
	collector_restore_seen_addresses(c, content.seen, content.seen_bytes);
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

static enum state_load load_file(const char *path, struct detector *d,
				 struct collector *c, struct state_mark *mark,
				 struct error *err)
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
	 * one. */
	file = calloc(1, sizeof(struct state_header) + (size_t)bytes);
	if (!file) {
		fail_errno(err, errno, "allocate %lld bytes for it", (long long)bytes);
		goto out;
	}
	const ssize_t length = read_all(fd, file, (size_t)bytes, err);
	if (length < 0)
		goto out;
	load = take_in(file, (size_t)length, d, c, mark, err) == 0
		   ? STATE_LOADED
		   : set_aside(path, err);
out:
	free(file);
	close(fd);
	return load;
}

enum state_load state_load(const char *path, struct detector *d, struct collector *c,
			   struct state_mark *mark, struct error *err)
{
	*mark = (struct state_mark){0};
	const enum state_load load = load_file(path, d, c, mark, err);

	if (load != STATE_LOADED)
		*mark = (struct state_mark){0};
	if (load == STATE_SET_ASIDE)
		fail_within(err, "state file %s, set aside as %s.bad", path, path);
	else if (load == STATE_FAILED)
		fail_within(err, "state file %s", path);
	return load;
}
