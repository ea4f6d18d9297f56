/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - bytes as RFC 4648's base64, with padding. */
#ifndef DORMOUSE_INJECTOR_JSON_BASE64_H
#define DORMOUSE_INJECTOR_JSON_BASE64_H

#include <stddef.h>

struct text;

/* Appends it, whole or not at all. */
void base64_put(struct text *t, const char *bytes, size_t length);

#endif
