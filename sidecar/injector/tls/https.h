/* SPDX-License-Identifier: Apache-2.0 */
/* https.h - TLS for a server of http/, which has none of its own. */
#ifndef DORMOUSE_INJECTOR_TLS_HTTPS_H
#define DORMOUSE_INJECTOR_TLS_HTTPS_H

#include "client_ca.h"
#include "http/http_server.h"

/* TLS 1.2 and 1.3, with the certificate of the store that tls_store_serve() names. */
extern const struct http_tls https;

/* From the next connection on, admits only clients that `ca` welcomes, as long as it
 * demands certificates. NULL: all clients. A refused client gets an alert that says
 * why. */
void https_admit(struct client_ca *ca);

#endif
