/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - reads and writes the certificates in a Kubernetes Secret. */
#ifndef DORMOUSE_INJECTOR_CERTIFICATES_SECRET_H
#define DORMOUSE_INJECTOR_CERTIFICATES_SECRET_H

#include <cJSON.h>

#include "certificates.h"

/* Reads ca.crt, ca.key, tls.crt and tls.key of `data`. A member that is missing, too
 * long or not base64 becomes "", and certificate_inspect() then reports the defect. */
void secret_read(const cJSON *secret, struct certificates *c);

/* Puts the certificates into the object. Its other members stay. */
int secret_write(cJSON *secret, const struct certificates *c, struct error *err);

#endif
