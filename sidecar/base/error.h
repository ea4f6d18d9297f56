/* SPDX-License-Identifier: Apache-2.0 */
/* error.h - how every room reports a failure, and how it cleans up.
 *
 * Errors. A function that can fail takes a `struct error *` as its last parameter and
 * returns 0 when it did its work, a negative number when it did not (a function that
 * makes an object returns NULL). On failure, and only then, the error says in one line
 * what failed, on what, and why. The caller that knows more puts its own context in
 * front with fail_within() and passes the failure up; whoever decides what happens next
 * prints it, once. Nobody below prints. The pointer is never NULL.
 *
 *     if (fd < 0)
 *             return fail_errno(err, errno, "open %s", path);
 *     if (read_header(fd, &header, err) < 0)
 *             return fail_within(err, "state file %s", path);
 *
 * Cleanup. What X_open() or X_new() made, X_close() or X_free() releases; it takes NULL
 * and half-made objects. A function that holds more than one thing has a single exit
 * label `out:` that releases all of them in reverse order.
 */
#ifndef DORMOUSE_BASE_ERROR_H
#define DORMOUSE_BASE_ERROR_H

#define ERROR_TEXT_MAX 256

struct error {
	char text[ERROR_TEXT_MAX];
};

/* Sets the text, truncated to ERROR_TEXT_MAX - 1 bytes and safe to print whatever the
 * arguments are (see plain.h). Returns -1. */
int fail(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* As fail(), followed by ": " and the description of errnum (an errno value). */
int fail_errno(struct error *err, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "out of memory for WHAT", WHAT being a plural or a thing with its article. */
int fail_memory(struct error *err, const char *what);

/* Puts the text and ": " in front of what err says already. Returns -1. */
int fail_within(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
