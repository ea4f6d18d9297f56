/* SPDX-License-Identifier: Apache-2.0 */
/* printable.h - words of strangers in our own sentences. */
#ifndef DORMOUSE_INJECTOR_JSON_PRINTABLE_H
#define DORMOUSE_INJECTOR_JSON_PRINTABLE_H

#include <stddef.h>

/* Copies what fits whole into `size` bytes with the NUL: UTF-8 in one line, control
 * characters become '?', as does each byte that is no UTF-8. What was cut ends with
 * "...", where there is room. NULL becomes "". Returns `out`. */
char *printable(char *out, size_t size, const char *text);

#endif
