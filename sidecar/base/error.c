/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - builds the one line that says what failed. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sanitize.h"

/* Sanitizes the text, because it may quote untrusted input: a path, a flag, an
 * answer. */
static int end(struct error *err)
{
	char raw[ERROR_TEXT_MAX];

	memcpy(raw, err->text, strlen(err->text) + 1);
	sanitize(err->text, sizeof(err->text), raw);
	return -1;
}

int fail(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return end(err);
}

int fail_errno(struct error *err, int errnum, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);

	size_t length = strlen(err->text);
	snprintf(err->text + length, sizeof(err->text) - length, ": %s",
		 strerror(errnum));
	return end(err);
}

int fail_memory(struct error *err, const char *what)
{
	return fail(err, "out of memory for %s", what);
}

int fail_within(struct error *err, const char *format, ...)
{
	char inner[ERROR_TEXT_MAX];
	va_list args;

	memcpy(inner, err->text, sizeof(inner));
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);

	size_t length = strlen(err->text);
	snprintf(err->text + length, sizeof(err->text) - length, ": %s", inner);
	return end(err);
}
