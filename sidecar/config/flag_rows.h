/* SPDX-License-Identifier: Apache-2.0 */
/* flag_rows.h - the rows of a table of flags: a flag's type, the member that its value
 * goes to, and the bounds.
 *
 *     #define FLAG_TARGET struct options
 *     {"interval", FOR_RUN, "10s", "time between samples",
 *      DURATION(interval_s, "100ms", "5m"), ANNOTATION},
 *
 * FLAG_TARGET is the struct that the flags are read into. A member whose C type is not
 * the flag's does not compile.
 */
#ifndef DORMOUSE_CONFIG_FLAG_ROWS_H
#define DORMOUSE_CONFIG_FLAG_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "flags.h"

#define FLAG_MEMBER(member, c_type)                                                    \
	.offset = _Generic(((FLAG_TARGET *)0)->member, c_type                          \
			   : offsetof(FLAG_TARGET, member)),                           \
	.size = sizeof(((FLAG_TARGET *)0)->member)
#define BOOL(member) .type = FLAG_BOOL, FLAG_MEMBER(member, bool)
#define WORD(member, list)                                                             \
	.type = FLAG_WORD, FLAG_MEMBER(member, unsigned), .words = (list)
#define COUNT(member, least, most)                                                     \
	.type = FLAG_COUNT, FLAG_MEMBER(member, unsigned), .minimum = (least),         \
	.maximum = (most)
#define DURATION(member, least, most)                                                  \
	.type = FLAG_DURATION, FLAG_MEMBER(member, double), .minimum = (least),        \
	.maximum = (most)
#define SIZE(member, least, most)                                                      \
	.type = FLAG_SIZE, FLAG_MEMBER(member, double), .minimum = (least),            \
	.maximum = (most)
#define BUDGET(member)  .type = FLAG_BUDGET, FLAG_MEMBER(member, double)
#define NAME(member)    .type = FLAG_NAME, FLAG_MEMBER(member, char *)
#define PATH(member)    .type = FLAG_PATH, FLAG_MEMBER(member, char *)
#define GLOBS(member)   .type = FLAG_GLOBS, FLAG_MEMBER(member, char *)
#define URL(member)     .type = FLAG_URL, FLAG_MEMBER(member, char *)
#define LISTEN(member)  .type = FLAG_LISTEN, FLAG_MEMBER(member, struct listen_address)
#define WINDOWS(member) .type = FLAG_WINDOWS, FLAG_MEMBER(member, struct detect_options)
#define COLUMNS(member) .type = FLAG_COLUMNS, FLAG_MEMBER(member, struct column_map)

/* A pod's annotation may set it. */
#define ANNOTATION .annotation = true

#endif
