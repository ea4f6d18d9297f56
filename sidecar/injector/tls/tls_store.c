/* SPDX-License-Identifier: Apache-2.0 */
/* tls_store.c - a certificate chain and its key under a lock, copied for each
 * handshake.
 *
 * GnuTLS keeps what the callback returns as long as the session lives. It gets copies
 * that it releases itself (GNUTLS_CERT_RETR_DEINIT_ALL), so nobody has to count the
 * sessions that use an old certificate. A copy is cheap compared to the handshake.
 */
#include "tls_store.h"

#include <gnutls/x509.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The most certificates of a chain, the server's own first. */
#define CHAIN_MAX 8

/* The most bytes of a key's identifier. GnuTLS uses SHA-1 by default. */
#define KEY_ID_MAX 64

struct material {
	gnutls_datum_t chain[CHAIN_MAX]; /* DER */
	unsigned length;
	gnutls_x509_privkey_t key;
	double expiry; /* of the certificate that expires first, Unix seconds */
};

struct tls_store {
	pthread_mutex_t lock;
	struct material *material; /* NULL until the first tls_store_set() */
};

/* GnuTLS' callback has no context argument, so the store is global. */
static struct tls_store *serving;

struct tls_store *tls_store_new(struct error *err)
{
	struct tls_store *s = calloc(1, sizeof(*s));

	if (!s) {
		fail_memory(err, "certificates");
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void material_free(struct material *m)
{
	if (!m)
		return;
	for (unsigned i = 0; i < m->length; i++)
		gnutls_free(m->chain[i].data);
	if (m->key)
		gnutls_x509_privkey_deinit(m->key);
	free(m);
}

void tls_store_free(struct tls_store *s)
{
	if (!s)
		return;
	if (serving == s)
		serving = NULL;
	material_free(s->material);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static gnutls_datum_t datum_of(const char *text)
{
	return (gnutls_datum_t){(unsigned char *)(uintptr_t)text,
				(unsigned)strlen(text)};
}

static int fail_tls(struct error *err, int code, const char *what)
{
	return fail(err, "%s: %s", what, gnutls_strerror(code));
}

/* Copies the certificates as DER, and finds the earliest expiry. */
static int keep_chain(struct material *m, const gnutls_x509_crt_t *list, unsigned count,
		      struct error *err)
{
	for (unsigned i = 0; i < count; i++) {
		double end = (double)gnutls_x509_crt_get_expiration_time(list[i]);
		int code =
		    gnutls_x509_crt_export2(list[i], GNUTLS_X509_FMT_DER, &m->chain[i]);

		if (code < 0)
			return fail_tls(err, code, "the certificate");
		m->length = i + 1;
		if (i == 0 || end < m->expiry)
			m->expiry = end;
	}
	return 0;
}

static int read_key(struct material *m, const char *pem, struct error *err)
{
	const gnutls_datum_t text = datum_of(pem);
	int code = gnutls_x509_privkey_init(&m->key);

	if (code >= 0)
		code = gnutls_x509_privkey_import(m->key, &text, GNUTLS_X509_FMT_PEM);
	return code < 0 ? fail_tls(err, code, "the key is not a private key in PEM")
			: 0;
}

static int check_pair(const struct material *m, gnutls_x509_crt_t leaf,
		      struct error *err)
{
	unsigned char of_leaf[KEY_ID_MAX], of_key[KEY_ID_MAX];
	size_t leaf_length = sizeof(of_leaf), key_length = sizeof(of_key);
	int code = gnutls_x509_crt_get_key_id(leaf, 0, of_leaf, &leaf_length);

	if (code >= 0)
		code = gnutls_x509_privkey_get_key_id(m->key, 0, of_key, &key_length);
	if (code < 0)
		return fail_tls(err, code, "the key and the certificate");
	if (leaf_length != key_length || memcmp(of_leaf, of_key, key_length) != 0)
		return fail(err, "the key does not belong to the certificate: expected "
				 "a matching pair");
	return 0;
}

static int read_material(struct material *m, const char *certificate_pem,
			 const char *key_pem, struct error *err)
{
	const gnutls_datum_t text = datum_of(certificate_pem);
	gnutls_x509_crt_t *list = NULL;
	unsigned count = 0;
	int result = -1;
	int code =
	    gnutls_x509_crt_list_import2(&list, &count, &text, GNUTLS_X509_FMT_PEM,
					 GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);

	if (code < 0)
		return fail_tls(err, code,
				"the certificate is not a chain in PEM, each signed "
				"by the next");
	if (count == 0 || count > CHAIN_MAX)
		fail(err, "the certificate's chain has %u parts: expected 1 to %d",
		     count, CHAIN_MAX);
	else if (keep_chain(m, list, count, err) == 0 && read_key(m, key_pem, err) == 0)
		result = check_pair(m, list[0], err);
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	return result;
}

int tls_store_set(struct tls_store *s, const char *certificate_pem, const char *key_pem,
		  struct error *err)
{
	struct material *now = calloc(1, sizeof(*now)), *before;

	if (!now)
		return fail_memory(err, "certificates");
	if (read_material(now, certificate_pem, key_pem, err) < 0) {
		material_free(now);
		return -1;
	}
	pthread_mutex_lock(&s->lock);
	before = s->material;
	s->material = now;
	pthread_mutex_unlock(&s->lock);
	material_free(before);
	return 0;
}

bool tls_store_ready(struct tls_store *s)
{
	return tls_store_expiry(s) > 0;
}

double tls_store_expiry(struct tls_store *s)
{
	pthread_mutex_lock(&s->lock);
	double expiry = s->material ? s->material->expiry : 0;
	pthread_mutex_unlock(&s->lock);
	return expiry;
}

void tls_store_serve(struct tls_store *s)
{
	serving = s;
}

/* Copies the chain as GnuTLS releases it: the array and each part by itself. */
static int copy_chain(const struct material *m, gnutls_pcert_st **chain)
{
	gnutls_pcert_st *copy = gnutls_calloc(m->length, sizeof(*copy));
	unsigned done = 0;

	if (!copy)
		return -1;
	while (done < m->length &&
	       gnutls_pcert_import_x509_raw(&copy[done], &m->chain[done],
					    GNUTLS_X509_FMT_DER, 0) >= 0)
		done++;
	if (done == m->length) {
		*chain = copy;
		return 0;
	}
	while (done > 0)
		gnutls_pcert_deinit(&copy[--done]);
	gnutls_free(copy);
	return -1;
}

static int copy_key(const struct material *m, gnutls_privkey_t *key)
{
	if (gnutls_privkey_init(key) < 0)
		return -1;
	if (gnutls_privkey_import_x509(*key, m->key, GNUTLS_PRIVKEY_IMPORT_COPY) >= 0)
		return 0;
	gnutls_privkey_deinit(*key);
	return -1;
}

static int copy_material(const struct material *m, gnutls_pcert_st **chain,
			 unsigned *length, gnutls_privkey_t *key)
{
	if (!m || copy_key(m, key) < 0)
		return -1;
	if (copy_chain(m, chain) < 0) {
		gnutls_privkey_deinit(*key);
		return -1;
	}
	*length = m->length;
	return 0;
}

int tls_store_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
		       gnutls_pcert_st **chain, unsigned int *chain_length,
		       gnutls_ocsp_data_st **ocsp, unsigned int *ocsp_length,
		       gnutls_privkey_t *key, unsigned int *flags)
{
	struct tls_store *s = serving;

	(void)session;
	(void)info;
	if (!s)
		return -1;
	pthread_mutex_lock(&s->lock);
	int result = copy_material(s->material, chain, chain_length, key);
	pthread_mutex_unlock(&s->lock);
	*ocsp = NULL;
	*ocsp_length = 0;
	*flags = GNUTLS_CERT_RETR_DEINIT_ALL;
	return result;
}
