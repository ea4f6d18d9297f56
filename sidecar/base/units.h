/* SPDX-License-Identifier: Apache-2.0 */
/* units.h - durations, sizes and other numbers, as people write and read them. */
#ifndef DORMOUSE_BASE_UNITS_H
#define DORMOUSE_BASE_UNITS_H

/* What people write. These functions return 0, or -1 when the text is invalid or out of
 * range; the target is then unchanged. */

/* "100ms", "10s", "5m", "1h", "30d", also "1.5h" and, the larger unit first, "1h30m";
 * in seconds, never negative. */
int parse_duration(const char *text, double *seconds);

/* "500", "500B", "64KiB", "2MB" (units with an i are powers of 1024, others of 1000),
 * or without the B as in Kubernetes: "512Ki". A final "/s" is allowed. In bytes. */
int parse_size(const char *text, double *bytes);

/* A whole number in decimal. */
int parse_count(const char *text, unsigned long minimum, unsigned long maximum,
		unsigned *count);

/* "2026-01-31T23:59:59.123Z": RFC 3339 in UTC, as text_time() writes it; Unix seconds.
 */
int parse_time(const char *text, double *unix_seconds);

/* What people read, in tables. These functions return `cell`. */
#define FORMAT_MAX 32

/* "1.20 MB/s", "36.0/s", "3": three digits, powers of a thousand; "-" for NaN and
 * infinities. `unit` is a signal's ("bytes", "packets"), followed by "/s" if the value
 * is a rate; only bytes are printed. */
const char *format_quantity(char cell[FORMAT_MAX], double value, const char *unit);

/* "3d 2h", "5m", "0.3s": the largest unit and, if it is not zero, the next one. A
 * negative value counts as 0. */
const char *format_duration(char cell[FORMAT_MAX], double seconds);

#endif
