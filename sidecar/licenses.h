/* SPDX-License-Identifier: Apache-2.0 */
/* licenses.h - under which licences what is in this program may be used. */
#ifndef DORMOUSE_LICENSES_H
#define DORMOUSE_LICENSES_H

#include <stdio.h>

#include "base/error.h"

/* Prints a line for each part of this program, then the texts in `folder`, which
 * sidecar/licenses.sh made; where there are none, where they are to be found. Returns
 * 0, or -1 when a text is missing among the others or cannot be printed. */
int licenses_print(FILE *out, const char *folder, struct error *err);

/* The folder that lies beside this program: /licenses in the image. Returns `path`. */
const char *licenses_folder(char *path, size_t size);

#endif
