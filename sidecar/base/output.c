/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - standard output, whose failures show only when it is written. */
#include "output.h"

#include <errno.h>
#include <stdio.h>

static int first; /* a later flush has nothing left that could fail again */

void output_put(const char *text, size_t length)
{
	if (fwrite(text, 1, length, stdout) != length && first == 0)
		first = errno;
}

int output_flush(struct error *err)
{
	if (fflush(stdout) != 0 && first == 0)
		first = errno;
	if (first != 0)
		return fail_errno(err, first, "cannot write to standard output");
	if (ferror(stdout))
		return fail(err, "cannot write to standard output: a part is missing");
	return 0;
}
