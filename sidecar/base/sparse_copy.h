/* SPDX-License-Identifier: Apache-2.0 */
/* sparse_copy.h - copies without touching what is equal. */
#ifndef DORMOUSE_BASE_SPARSE_COPY_H
#define DORMOUSE_BASE_SPARSE_COPY_H

#include <stddef.h>

/* Copies `bytes` bytes, but writes only where source and target differ. Most of a young
 * pod's state is zeros, as a new target is, and a page that is only read takes no
 * memory. */
void sparse_copy(void *to, const void *from, size_t bytes);

#endif
