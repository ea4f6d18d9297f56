/* SPDX-License-Identifier: Apache-2.0 */
/* text_file.c - compares a file's attributes, and reads it. */
#include "text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/read_full.h"

struct file_mark file_mark_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct file_mark){0};
	return (struct file_mark){.device = st.st_dev,
				  .inode = st.st_ino,
				  .size = st.st_size,
				  .modified = st.st_mtim,
				  .there = true};
}

bool file_mark_same(const struct file_mark *a, const struct file_mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified.tv_sec == b->modified.tv_sec &&
	       a->modified.tv_nsec == b->modified.tv_nsec && a->there == b->there;
}

int text_file_read(const char *path, char text[TEXT_FILE_MAX], struct error *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return fail_errno(err, errno, "open %s", path);
	const ssize_t length = read_full(fd, text, TEXT_FILE_MAX);
	const int why = errno;
	close(fd);
	if (length < 0)
		return fail_errno(err, why, "read %s", path);
	if (length == TEXT_FILE_MAX)
		return fail(err, "%s is over %d bytes", path, TEXT_FILE_MAX - 1);
	text[length] = '\0';
	return 0;
}
