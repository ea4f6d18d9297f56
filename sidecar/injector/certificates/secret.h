/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - the certificates in a Kubernetes Secret. */
#ifndef DORMOUSE_INJECTOR_CERTIFICATES_SECRET_H
#define DORMOUSE_INJECTOR_CERTIFICATES_SECRET_H

#include <cJSON.h>

#include "certificates.h"

/* Reads data's ca.crt, ca.key, tls.crt and tls.key. What is missing, too long or no
 * base64 is "": the certificates are then judged as what they are, of no use. */
void secret_read(const cJSON *secret, struct certificates *c);

/* Puts them into the object that was read; whatever else it holds stays. */
int secret_write(cJSON *secret, const struct certificates *c, struct error *err);

#endif
