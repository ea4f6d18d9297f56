/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - numbers as people read them, in tables. */
#ifndef DORMOUSE_BASE_FORMAT_H
#define DORMOUSE_BASE_FORMAT_H

#define FORMAT_MAX 32

/* "1.20 MB/s", "36.0/s", "3": three digits, powers of a thousand; "-" for NaN and
 * infinities. `unit` is a signal's ("bytes", "packets"), followed by "/s" if the value
 * is a rate; only bytes are printed. Both functions return `cell`. */
const char *format_quantity(char cell[FORMAT_MAX], double value, const char *unit);

/* "3d 2h", "5m", "0.3s": the largest unit and, if it is not zero, the next one. A
 * negative value counts as 0. */
const char *format_duration(char cell[FORMAT_MAX], double seconds);

#endif
