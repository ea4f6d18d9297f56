/* SPDX-License-Identifier: Apache-2.0 */
/* tls_files.h - a certificate and a key in files that another program writes. */
#ifndef DORMOUSE_INJECTOR_TLS_TLS_FILES_H
#define DORMOUSE_INJECTOR_TLS_TLS_FILES_H

#include <stdbool.h>

#include "text_file.h"
#include "tls_store.h"

struct tls_files {
	const char *certificate; /* paths; they must outlive this struct */
	const char *key;
	struct file_mark taken[2]; /* the files that the store has */
	struct file_mark told[2];  /* the files of the last reported error */
	bool has, complained;
};

/* Puts the files into the store if they changed. Returns 1 if it did, 0 if nothing is
 * new, and -1 if they are invalid: the store then keeps what it has. Each call tries
 * invalid files again, but an error is reported only once for the same files. */
int tls_files_look(struct tls_files *f, struct tls_store *store, struct error *err);

#endif
