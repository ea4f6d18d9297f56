/* SPDX-License-Identifier: Apache-2.0 */
/* tls_store.h - the serving certificate; it can be replaced while connections are open.
 *
 * One thread serves, another renews. A handshake copies the certificate that is in use
 * when it begins. Sessions that are already open keep theirs.
 */
#ifndef DORMOUSE_INJECTOR_TLS_TLS_STORE_H
#define DORMOUSE_INJECTOR_TLS_TLS_STORE_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "base/error.h"

struct tls_store;

struct tls_store *tls_store_new(struct error *err);
void tls_store_free(struct tls_store *s);

/* Sets the certificate (chain, PEM) and its key (PEM, not encrypted) of new
 * connections. Fails if they cannot be read or do not belong together; the store then
 * keeps what it has. Any thread. */
int tls_store_set(struct tls_store *s, const char *certificate_pem, const char *key_pem,
		  struct error *err);

/* Whether there is a certificate; its expiry (Unix seconds, 0: none). Any thread. */
bool tls_store_ready(struct tls_store *s);
double tls_store_expiry(struct tls_store *s);

/* tls_store_retrieve() is for MHD_OPTION_HTTPS_CERT_CALLBACK2, which has no context: it
 * uses the store that tls_store_serve() named last. */
void tls_store_serve(struct tls_store *s);
int tls_store_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
		       gnutls_pcert_st **chain, unsigned int *chain_length,
		       gnutls_ocsp_data_st **ocsp, unsigned int *ocsp_length,
		       gnutls_privkey_t *key, unsigned int *flags);

#endif
