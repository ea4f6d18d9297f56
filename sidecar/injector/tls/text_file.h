/* SPDX-License-Identifier: Apache-2.0 */
/* text_file.h - a file that another program writes: whether it changed, and its text.
 *
 * The kubelet changes all files of a mounted Secret or ConfigMap at once: it replaces a
 * symbolic link. So the resolved files are compared, not the links.
 */
#ifndef DORMOUSE_INJECTOR_TLS_TEXT_FILE_H
#define DORMOUSE_INJECTOR_TLS_TEXT_FILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"

/* The size of the buffer of text_file_read(), bytes. */
#define TEXT_FILE_MAX 65536

/* The attributes that show whether a file changed. */
struct file_mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	bool there;
};

/* The mark of the file at `path` now. Take it before reading, so that the next check
 * finds a change made meanwhile. */
struct file_mark file_mark_of(const char *path);
bool file_mark_same(const struct file_mark *a, const struct file_mark *b);

/* Reads the whole file as text. Fails if that is TEXT_FILE_MAX bytes or more. */
int text_file_read(const char *path, char text[TEXT_FILE_MAX], struct error *err);

#endif
