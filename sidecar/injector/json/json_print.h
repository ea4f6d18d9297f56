/* SPDX-License-Identifier: Apache-2.0 */
/* json_print.h - writes a tree as text for people, formatted as by kubectl. */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_PRINT_H
#define DORMOUSE_INJECTOR_JSON_JSON_PRINT_H

#include <cJSON.h>
#include <stdio.h>

/* Writes the members in their order, with four blanks a level and a newline at the end.
 * json_read() reads the same tree from it. Errors stay in the stream: see ferror(). */
void json_print(const cJSON *tree, FILE *out);

#endif
