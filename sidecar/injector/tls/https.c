/* SPDX-License-Identifier: Apache-2.0 */
/* https.c - the HTTP library's TLS options, and a hook at the handshake's end. */
#include "https.h"

#include <gnutls/gnutls.h>
#include <stdint.h>

#include "tls_store.h"

/* The default list also offers CBC, SHA-1 and keys without forward secrecy. */
#define PRIORITIES                                                                     \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:"         \
	"+AES-256-GCM:+CHACHA20-POLY1305:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"

static const struct MHD_OptionItem options[] = {
    {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)(uintptr_t)tls_store_retrieve},
    {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
    {MHD_OPTION_END, 0, NULL},
};

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info ? info->tls_session : NULL;
}

/* GnuTLS calls this after the client's Finished. The HTTP library uses the session's
 * own pointer. The session cache's pointer is free, because there is no cache. */
static int finished(gnutls_session_t session, unsigned type, unsigned when,
		    unsigned incoming, const gnutls_datum_t *message)
{
	(void)type;
	(void)when;
	(void)message;
	if (incoming)
		http_handshake_done(gnutls_db_get_ptr(session));
	return 0;
}

static void begun(struct MHD_Connection *connection, struct connection *whose)
{
	gnutls_session_t session = session_of(connection);

	if (!session)
		return;
	gnutls_db_set_ptr(session, whose);
	gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED,
					   GNUTLS_HOOK_POST, finished);
}

static void send_in_session(struct MHD_Connection *connection, const char *data,
			    size_t length)
{
	gnutls_session_t session = session_of(connection);

	if (session)
		gnutls_record_send(session, data, length);
}

const struct http_tls https = {options, begun, send_in_session};
