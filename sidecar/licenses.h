/* SPDX-License-Identifier: Apache-2.0 */
/* licenses.h - the licences of this program and its parts. */
#ifndef DORMOUSE_LICENSES_H
#define DORMOUSE_LICENSES_H

#include <stdio.h>

#include "base/error.h"

/* Prints a line for each part of this program, then the texts in `folder`, which
 * sidecar/licenses.sh creates. When `folder` has no texts, it prints where they are
 * available. Returns 0, or -1 when only some texts are missing, or when printing fails.
 */
int licenses_print(FILE *out, const char *folder, struct error *err);

/* Sets the folder of the texts, beside this program: /licenses in the image. Returns
 * `path`. */
const char *licenses_folder(char *path, size_t size);

#endif
