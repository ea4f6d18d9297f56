/* SPDX-License-Identifier: Apache-2.0 */
/* read_full.h - reads a descriptor to its end. */
#ifndef DORMOUSE_BASE_READ_FULL_H
#define DORMOUSE_BASE_READ_FULL_H

#include <sys/types.h>

/* Reads up to the end or to `most` bytes, in as many calls as it takes; one that a
 * signal interrupts is repeated. Returns the number of bytes, or -1 with errno. */
ssize_t read_full(int fd, char *into, size_t most);

#endif
