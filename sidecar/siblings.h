/* SPDX-License-Identifier: Apache-2.0 */
/* siblings.h - the past of the workload's other pods, from the file of --baseline. */
#ifndef DORMOUSE_SIBLINGS_H
#define DORMOUSE_SIBLINGS_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "dormouse/detect.h"

/* Which content a path had: kubelet exchanges a ConfigMap's files by a symbolic link,
 * others write anew. */
struct siblings_version {
	bool exists;
	dev_t device;
	ino_t inode;
	off_t bytes;
	struct timespec changed;
};

struct siblings {
	const char *path; /* "": none */
	struct detector *detector;

	struct siblings_version version; /* as last read */
	double due_at;                   /* monotonic seconds */
};

/* Reads the file and gives it to the detector. A file that is not there is normal: the
 * pod learns from nothing. One that cannot be used is logged, and what was adopted
 * before stays. */
void siblings_load(struct siblings *s);

/* Call it after each sample: each minute it looks whether the file is another one. */
void siblings_tick(struct siblings *s);

#endif
