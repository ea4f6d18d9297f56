/* SPDX-License-Identifier: Apache-2.0 */
/* tls_files.c - reads the certificate and the key again when their files change. */
#include "tls_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 65536

static void mark(const char *path, struct file_mark *m)
{
	struct stat st;

	*m = (struct file_mark){0};
	if (stat(path, &st) < 0)
		return;
	m->device = st.st_dev;
	m->inode = st.st_ino;
	m->size = st.st_size;
	m->modified = st.st_mtim;
	m->there = true;
}

static bool same_file(const struct file_mark *a, const struct file_mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified.tv_sec == b->modified.tv_sec &&
	       a->modified.tv_nsec == b->modified.tv_nsec && a->there == b->there;
}

static bool same(const struct file_mark a[2], const struct file_mark b[2])
{
	return same_file(&a[0], &b[0]) && same_file(&a[1], &b[1]);
}

/* Reads the whole file as text, at most FILE_MAX - 1 bytes. */
static int read_file(const char *path, char *text, struct error *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t length = 0;
	ssize_t n = -1;

	if (fd < 0)
		return fail_errno(err, errno, "open %s", path);
	do {
		n = read(fd, text + length, FILE_MAX - length);
		if (n > 0)
			length += (size_t)n;
	} while (length < FILE_MAX && (n > 0 || (n < 0 && errno == EINTR)));
	const int why = errno;
	close(fd);
	if (n < 0)
		return fail_errno(err, why, "read %s", path);
	if (length == FILE_MAX)
		return fail(err, "%s is over %d bytes", path, FILE_MAX - 1);
	text[length] = '\0';
	return 0;
}

static int take(const struct tls_files *f, struct tls_store *store, struct error *err)
{
	char *text = malloc((size_t)2 * FILE_MAX);
	int result = -1;

	if (!text)
		return fail_memory(err, "a certificate's file");
	if (read_file(f->certificate, text, err) == 0 &&
	    read_file(f->key, text + FILE_MAX, err) == 0) {
		result = tls_store_set(store, text, text + FILE_MAX, err);
		explicit_bzero(text + FILE_MAX, strlen(text + FILE_MAX));
		if (result < 0)
			fail_within(err, "%s and %s", f->certificate, f->key);
	}
	free(text);
	return result;
}

int tls_files_look(struct tls_files *f, struct tls_store *store, struct error *err)
{
	struct file_mark now[2];

	/* Taken before reading, so that the next check finds a change made
	 * meanwhile. */
	mark(f->certificate, &now[0]);
	mark(f->key, &now[1]);
	if (f->has && same(now, f->taken))
		return 0;
	if (take(f, store, err) == 0) {
		memcpy(f->taken, now, sizeof(now));
		f->has = true;
		f->complained = false;
		return 1;
	}
	if (f->complained && same(now, f->told))
		return 0;
	memcpy(f->told, now, sizeof(now));
	f->complained = true;
	return -1;
}
