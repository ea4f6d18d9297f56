/* SPDX-License-Identifier: Apache-2.0 */
/* tls_files.c - reads the certificate and the key again when their files change. */
#include "tls_files.h"

#include <stdlib.h>
#include <string.h>

static bool same(const struct file_mark a[2], const struct file_mark b[2])
{
	return file_mark_same(&a[0], &b[0]) && file_mark_same(&a[1], &b[1]);
}

static int take(const struct tls_files *f, struct tls_store *store, struct error *err)
{
	char *text = malloc((size_t)2 * TEXT_FILE_MAX);
	int result = -1;

	if (!text)
		return fail_memory(err, "a certificate's file");
	if (text_file_read(f->certificate, text, err) == 0 &&
	    text_file_read(f->key, text + TEXT_FILE_MAX, err) == 0) {
		result = tls_store_set(store, text, text + TEXT_FILE_MAX, err);
		explicit_bzero(text + TEXT_FILE_MAX, strlen(text + TEXT_FILE_MAX));
		if (result < 0)
			fail_within(err, "%s and %s", f->certificate, f->key);
	}
	free(text);
	return result;
}

int tls_files_look(struct tls_files *f, struct tls_store *store, struct error *err)
{
	const struct file_mark now[2] = {file_mark_of(f->certificate),
					 file_mark_of(f->key)};

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
