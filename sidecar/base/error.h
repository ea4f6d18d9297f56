/* SPDX-License-Identifier: Apache-2.0 */
/* error.h - how every room reports a failure, and how it cleans up.
 *
 * Errors. A function that can fail takes a `struct error *` as its last parameter. It
 * returns 0 on success and a negative number on failure (a function that makes an
 * object returns NULL). On failure, and only then, the error says in one line what
 * failed, on what, and why. A caller that knows more puts its own context in front with
 * fail_within() and returns the failure. The caller that decides what happens next
 * prints it, once; the functions below print nothing. The pointer is never NULL.
 *
 *     if (fd < 0)
 *             return fail_errno(err, errno, "open %s", path);
 *     if (read_header(fd, &header, err) < 0)
 *             return fail_within(err, "state file %s", path);
 *
 * Cleanup. X_close() or X_free() releases what X_open() or X_new() made; it accepts
 * NULL and partly initialised objects. A function that holds more than one resource has
 * a single exit label `out:` that releases all of them in reverse order.
 */
#ifndef DORMOUSE_BASE_ERROR_H
#define DORMOUSE_BASE_ERROR_H

#define ERROR_TEXT_MAX 256

struct error {
	char text[ERROR_TEXT_MAX];
};

/* Sets the text, truncated to ERROR_TEXT_MAX - 1 bytes and safe to print for any
 * arguments (see sanitize.h). Returns -1. */
int fail(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* As fail(), followed by ": " and the description of errnum (an errno value). */
int fail_errno(struct error *err, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "out of memory for WHAT"; WHAT is a plural, or a noun with its article. Returns
 * -1. */
int fail_memory(struct error *err, const char *what);

/* Puts the text and ": " in front of the text in err. Returns -1. */
int fail_within(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
