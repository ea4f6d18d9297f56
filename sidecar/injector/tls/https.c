/* SPDX-License-Identifier: Apache-2.0 */
/* https.c - the HTTP library's TLS options, and a hook at the handshake's end. */
#include "https.h"

#include <gnutls/gnutls.h>
#include <stdint.h>

#include "client_ca.h"
#include "tls_store.h"

/* A client's certificates are read before anything is known of it. GnuTLS allows 128
 * KiB for a message; the certificates of an API server need less than 4 KiB. */
#define MESSAGE_BYTES_MAX ((size_t)16 * 1024)

/* The default list also offers CBC, SHA-1 and keys without forward secrecy. */
#define PRIORITIES                                                                     \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:"         \
	"+AES-256-GCM:+CHACHA20-POLY1305:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"

static const struct MHD_OptionItem options[] = {
    {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)(uintptr_t)tls_store_retrieve},
    {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
    {MHD_OPTION_END, 0, NULL},
};

/* GnuTLS' callback has no context argument, so the CA is global. */
static struct client_ca *clients;

void https_admit(struct client_ca *ca)
{
	clients = ca;
}

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

static void tell_client(gnutls_session_t session, enum client_verdict refusal)
{
	/* GNUTLS_A_CERTIFICATE_REQUIRED is an alert of TLS 1.3 (RFC 8446, 6.2). */
	const bool is_new = gnutls_protocol_get_version(session) >= GNUTLS_TLS1_3;
	const gnutls_alert_description_t alerts[] = {
	    [CLIENT_WITHOUT] =
		is_new ? GNUTLS_A_CERTIFICATE_REQUIRED : GNUTLS_A_HANDSHAKE_FAILURE,
	    [CLIENT_EXPIRED] = GNUTLS_A_CERTIFICATE_EXPIRED,
	    [CLIENT_UNTRUSTED] = GNUTLS_A_UNKNOWN_CA,
	    [CLIENT_OTHER] = GNUTLS_A_ACCESS_DENIED,
	};

	gnutls_alert_send(session, GNUTLS_AL_FATAL, alerts[refusal]);
}

/* GnuTLS calls this before the handshake's end, also for a client without a
 * certificate, because none is required but only requested: so it is known why a
 * handshake failed. */
static int verify(gnutls_session_t session)
{
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	const enum client_verdict verdict = client_ca_judge(clients, chain, count);

	if (verdict == CLIENT_WELCOME)
		return 0;
	tell_client(session, verdict);
	http_handshake_refused(gnutls_db_get_ptr(session));
	return GNUTLS_E_CERTIFICATE_ERROR;
}

static void demand_certificate(gnutls_session_t session)
{
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	gnutls_session_set_verify_function(session, verify);
	gnutls_handshake_set_max_packet_length(session, MESSAGE_BYTES_MAX);
}

static void begun(struct MHD_Connection *connection, struct connection *whose)
{
	gnutls_session_t session = session_of(connection);

	if (!session)
		return;
	gnutls_db_set_ptr(session, whose);
	gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED,
					   GNUTLS_HOOK_POST, finished);
	if (clients && client_ca_demands(clients))
		demand_certificate(session);
}

static void send_in_session(struct MHD_Connection *connection, const char *data,
			    size_t length)
{
	gnutls_session_t session = session_of(connection);

	if (session)
		gnutls_record_send(session, data, length);
}

const struct http_tls https = {options, begun, send_in_session};
