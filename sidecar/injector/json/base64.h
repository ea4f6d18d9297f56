/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - encodes bytes as base64 (RFC 4648), with padding. */
#ifndef DORMOUSE_INJECTOR_JSON_BASE64_H
#define DORMOUSE_INJECTOR_JSON_BASE64_H

#include <stddef.h>

struct text;

/* Appends the encoded bytes. If they do not fit, sets `overflowed` only. */
void base64_put(struct text *t, const char *bytes, size_t length);

#endif
