/* SPDX-License-Identifier: Apache-2.0 */
/* certificate_inspect.c - checks the certificates of the Secret. */
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

#include "certificates.h"

static gnutls_datum_t datum_of(const char *text)
{
	return (gnutls_datum_t){.data = (unsigned char *)text,
				.size = (unsigned)strlen(text)};
}

static struct validity validity_in(gnutls_x509_crt_t crt)
{
	return (struct validity){.not_before = gnutls_x509_crt_get_activation_time(crt),
				 .not_after = gnutls_x509_crt_get_expiration_time(crt)};
}

/* Whether the PEM is the private key of the certificate. */
static bool key_belongs(gnutls_x509_crt_t crt, const char *pem)
{
	const gnutls_datum_t datum = datum_of(pem);
	unsigned char of_key[64], of_crt[64];
	size_t key_length = sizeof(of_key), crt_length = sizeof(of_crt);
	gnutls_x509_privkey_t key;
	bool belongs = false;

	if (gnutls_x509_privkey_init(&key) < 0)
		return false;
	if (gnutls_x509_privkey_import(key, &datum, GNUTLS_X509_FMT_PEM) == 0 &&
	    gnutls_x509_privkey_get_key_id(key, 0, of_key, &key_length) == 0 &&
	    gnutls_x509_crt_get_key_id(crt, 0, of_crt, &crt_length) == 0)
		belongs =
		    key_length == crt_length && memcmp(of_key, of_crt, key_length) == 0;
	gnutls_x509_privkey_deinit(key);
	return belongs;
}

static bool for_names(gnutls_x509_crt_t crt, const struct certificate_names *names)
{
	static const char *const domains[] = {".svc", ".svc.cluster.local", ""};
	char name[256];

	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		const int length =
		    snprintf(name, sizeof(name), "%s.%s%s", names->service,
			     names->namespace, domains[i]);
		if (length < 0 || (size_t)length >= sizeof(name) ||
		    !gnutls_x509_crt_check_hostname(crt, name))
			return false;
	}
	return gnutls_x509_crt_check_hostname(crt, names->service) != 0;
}

/* Index of the CA that signed the certificate; -1: none. */
static int signer_of(gnutls_x509_crt_t crt, gnutls_x509_crt_t *cas, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned status = 0;
		if (gnutls_x509_crt_verify(crt, &cas[i], 1,
					   GNUTLS_VERIFY_DISABLE_TIME_CHECKS,
					   &status) == 0 &&
		    status == 0)
			return (int)i;
	}
	return -1;
}

/* Returns the defect of the certificate, or NULL. */
static const char *look_at(gnutls_x509_crt_t crt, const struct certificates *c,
			   const struct certificate_names *names,
			   gnutls_x509_crt_t *cas, struct certificate_info *seen)
{
	const gnutls_datum_t pem = datum_of(c->certificate);

	if (!c->certificate[0])
		return "there is no certificate";
	if (gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM) < 0)
		return "the certificate cannot be read";
	seen->certificate = validity_in(crt);
	if (!key_belongs(crt, c->key))
		return "the key is not the certificate's";
	if (!for_names(crt, names))
		return "the certificate is for other names";
	const int signer = signer_of(crt, cas, seen->cas);
	if (signer < 0)
		return "no CA of the bundle signed the certificate";
	seen->signer = (unsigned)signer;
	return NULL;
}

void certificate_inspect(const struct certificates *c,
			 const struct certificate_names *names,
			 struct certificate_info *seen)
{
	const gnutls_datum_t pem = datum_of(c->bundle);
	gnutls_x509_crt_t *cas = NULL, crt = NULL;
	unsigned count = 0;

	*seen = (struct certificate_info){.defect = "out of memory"};
	if (gnutls_x509_crt_list_import2(&cas, &count, &pem, GNUTLS_X509_FMT_PEM, 0) <
	    0)
		count = 0;
	seen->more = count > BUNDLE_CAS;
	seen->cas = seen->more ? BUNDLE_CAS : count;
	for (unsigned i = 0; i < seen->cas; i++)
		seen->ca[i] = validity_in(cas[i]);
	seen->ca_key = seen->cas > 0 && key_belongs(cas[0], c->ca_key);
	if (gnutls_x509_crt_init(&crt) == 0) {
		seen->defect = look_at(crt, c, names, cas, seen);
		gnutls_x509_crt_deinit(crt);
	}
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(cas[i]);
	gnutls_free(cas);
}
