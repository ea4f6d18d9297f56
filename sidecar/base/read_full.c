/* SPDX-License-Identifier: Apache-2.0 */
/* read_full.c - reads a descriptor to its end. */
#include "read_full.h"

#include <errno.h>
#include <unistd.h>

ssize_t read_full(int fd, char *into, size_t most)
{
	size_t length = 0;

	while (length < most) {
		const ssize_t n = read(fd, into + length, most - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}
