/* SPDX-License-Identifier: Apache-2.0 */
/* flag_rows.h - the rows of a table of flags: a flag's type, its member, and its
 * bounds.
 *
 *     #define FLAG_TARGET struct options
 *     {"interval", FOR_RUN, DURATION(interval_s, "100ms", "5m"), "10s",
 *      "time between samples", ANNOTATION},
 *
 * FLAG_TARGET is the struct that the flags are read into. A member whose C type does
 * not match the flag's type does not compile.
 */
#ifndef DORMOUSE_CONFIG_FLAG_ROWS_H
#define DORMOUSE_CONFIG_FLAG_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "flags.h"

#define FLAG_FIELD(member) ((FLAG_TARGET *)0)->member
#define FLAG_PLACE(member)                                                             \
	.offset = offsetof(FLAG_TARGET, member), .size = sizeof(FLAG_FIELD(member))
#define FLAG_BOUNDS(least, most) .minimum = (least), .maximum = (most)

#define BOOL(member)                                                                   \
	.type = _Generic(FLAG_FIELD(member), bool : FLAG_BOOL), FLAG_PLACE(member)
#define WORD(member, list)                                                             \
	.type = _Generic(FLAG_FIELD(member), unsigned                                  \
			 : FLAG_WORD),                                                 \
	.words = (list), FLAG_PLACE(member)
#define COUNT(member, least, most)                                                     \
	.type = _Generic(FLAG_FIELD(member), unsigned                                  \
			 : FLAG_COUNT),                                                \
	FLAG_BOUNDS(least, most), FLAG_PLACE(member)
#define DURATION(member, least, most)                                                  \
	.type = _Generic(FLAG_FIELD(member), double                                    \
			 : FLAG_DURATION),                                             \
	FLAG_BOUNDS(least, most), FLAG_PLACE(member)
#define SIZE(member, least, most)                                                      \
	.type = _Generic(FLAG_FIELD(member), double                                    \
			 : FLAG_SIZE),                                                 \
	FLAG_BOUNDS(least, most), FLAG_PLACE(member)
#define BUDGET(member)                                                                 \
	.type = _Generic(FLAG_FIELD(member), double : FLAG_BUDGET), FLAG_PLACE(member)
#define NAME(member)                                                                   \
	.type = _Generic(FLAG_FIELD(member), char * : FLAG_NAME), FLAG_PLACE(member)
#define PATH(member)                                                                   \
	.type = _Generic(FLAG_FIELD(member), char * : FLAG_PATH), FLAG_PLACE(member)
#define GLOBS(member)                                                                  \
	.type = _Generic(FLAG_FIELD(member), char * : FLAG_GLOBS), FLAG_PLACE(member)
#define URL(member)                                                                    \
	.type = _Generic(FLAG_FIELD(member), char * : FLAG_URL), FLAG_PLACE(member)
#define HTTP_URL(member)                                                               \
	.type = _Generic(FLAG_FIELD(member), char * : FLAG_HTTP_URL), FLAG_PLACE(member)
#define LISTEN(member)                                                                 \
	.type = _Generic(FLAG_FIELD(member), struct listen_address                     \
			 : FLAG_LISTEN),                                               \
	FLAG_PLACE(member)
#define WINDOWS(member)                                                                \
	.type = _Generic(FLAG_FIELD(member), struct detect_options                     \
			 : FLAG_WINDOWS),                                              \
	FLAG_PLACE(member)
#define COLUMNS(member)                                                                \
	.type = _Generic(FLAG_FIELD(member), struct column_map                         \
			 : FLAG_COLUMNS),                                              \
	FLAG_PLACE(member)

#define PREFIXES(member)                                                               \
	.type = _Generic(FLAG_FIELD(member), struct allow_rules                        \
			 : FLAG_PREFIXES),                                             \
	FLAG_PLACE(member)

/* A pod's annotation may set it. */
#define ANNOTATION .annotation = true

#endif
