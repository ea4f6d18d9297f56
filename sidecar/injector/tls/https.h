/* SPDX-License-Identifier: Apache-2.0 */
/* https.h - TLS for a server of http/, which does without it. */
#ifndef DORMOUSE_INJECTOR_TLS_HTTPS_H
#define DORMOUSE_INJECTOR_TLS_HTTPS_H

#include "http/http_server.h"

/* TLS 1.2 and 1.3, with the certificate of tls_store_serve(). */
extern const struct http_tls https;

#endif
