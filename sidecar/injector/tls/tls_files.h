/* SPDX-License-Identifier: Apache-2.0 */
/* tls_files.h - a certificate and a key that others keep in files.
 *
 * A mounted Secret changes by the kubelet's exchange of a symbolic link for all files
 * at once, so that nothing less than the resolved files is looked at.
 */
#ifndef DORMOUSE_INJECTOR_TLS_TLS_FILES_H
#define DORMOUSE_INJECTOR_TLS_TLS_FILES_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "tls_store.h"

/* By which a changed file is known. */
struct file_mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	bool there;
};

struct tls_files {
	const char *certificate; /* paths; they outlive this */
	const char *key;
	struct file_mark taken[2]; /* what the store has */
	struct file_mark told[2];  /* what was complained of */
	bool has, complained;
};

/* Puts the files into the store when they changed. 1: it did; 0: nothing is new; -1:
 * they will not do, and the store keeps what it has. They are tried again at each look,
 * but what stays the same is complained of only once. */
int tls_files_look(struct tls_files *f, struct tls_store *store, struct error *err);

#endif
