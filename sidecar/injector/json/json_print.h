/* SPDX-License-Identifier: Apache-2.0 */
/* json_print.h - a tree as text, for people: as kubectl prints it. */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_PRINT_H
#define DORMOUSE_INJECTOR_JSON_JSON_PRINT_H

#include <cJSON.h>
#include <stdio.h>

/* Members in their order, four blanks a level, a newline at the end; what json_read()
 * makes of it is the same tree. Errors stay in the stream: see ferror(). */
void json_print(const cJSON *tree, FILE *out);

#endif
