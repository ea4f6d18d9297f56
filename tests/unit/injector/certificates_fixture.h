/* SPDX-License-Identifier: Apache-2.0 */
/* certificates_fixture.h - certificates for tests, made on the spot. */
#ifndef TESTS_INJECTOR_CERTIFICATES_FIXTURE_H
#define TESTS_INJECTOR_CERTIFICATES_FIXTURE_H

#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CERTIFICATE_PEM_MAX 8192

struct certificate {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t private_key;
	gnutls_datum_t der;
	char chain[CERTIFICATE_PEM_MAX]; /* PEM, with the issuer's */
	char key[CERTIFICATE_PEM_MAX];   /* PEM */
	unsigned length;                 /* of the chain */
	time_t expiry;
};

static inline void certificate_export(struct certificate *c,
				      const struct certificate *issuer)
{
	size_t length = sizeof(c->chain);

	gnutls_x509_crt_export(c->crt, GNUTLS_X509_FMT_PEM, c->chain, &length);
	if (issuer)
		snprintf(c->chain + length, sizeof(c->chain) - length, "%s",
			 issuer->chain);
	c->length = issuer ? issuer->length + 1 : 1;
	length = sizeof(c->key);
	/* The older form of a key knows RSA and ECDSA only. */
	if (gnutls_x509_privkey_get_pk_algorithm(c->private_key) ==
	    GNUTLS_PK_EDDSA_ED25519)
		gnutls_x509_privkey_export_pkcs8(c->private_key, GNUTLS_X509_FMT_PEM,
						 NULL, GNUTLS_PKCS_PLAIN, c->key,
						 &length);
	else
		gnutls_x509_privkey_export(c->private_key, GNUTLS_X509_FMT_PEM, c->key,
					   &length);
	gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_DER, &c->der);
}

/* A new key and a certificate for it that ends in `seconds`, signed by `issuer`, or by
 * itself when that is NULL. */
static inline void certificate_make(struct certificate *c, gnutls_pk_algorithm_t kind,
				    int seconds, const struct certificate *issuer)
{
	static unsigned char serial = 1;
	unsigned bits = gnutls_sec_param_to_pk_bits(kind, GNUTLS_SEC_PARAM_HIGH);

	memset(c, 0, sizeof(*c));
	serial++;
	c->expiry = time(NULL) + seconds;
	gnutls_x509_privkey_init(&c->private_key);
	gnutls_x509_privkey_generate(c->private_key, kind, bits, 0);
	gnutls_x509_crt_init(&c->crt);
	gnutls_x509_crt_set_version(c->crt, 3);
	gnutls_x509_crt_set_serial(c->crt, &serial, 1);
	gnutls_x509_crt_set_activation_time(c->crt, time(NULL) - 3600);
	gnutls_x509_crt_set_expiration_time(c->crt, c->expiry);
	char name[32];
	int length = snprintf(name, sizeof(name), "test-%u", serial);
	gnutls_x509_crt_set_dn_by_oid(c->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
				      (unsigned)length);
	gnutls_x509_crt_set_subject_alt_name(c->crt, GNUTLS_SAN_DNSNAME, "localhost", 9,
					     GNUTLS_FSAN_SET);
	gnutls_x509_crt_set_key(c->crt, c->private_key);
	gnutls_x509_crt_set_basic_constraints(c->crt, 1, -1);
	const struct certificate *by = issuer ? issuer : c;
	if (gnutls_x509_crt_sign2(c->crt, by->crt, by->private_key,
				  kind == GNUTLS_PK_EDDSA_ED25519 && !issuer
				      ? GNUTLS_DIG_SHA512
				      : GNUTLS_DIG_SHA256,
				  0) < 0)
		abort();
	certificate_export(c, issuer);
}

static inline void certificate_free(struct certificate *c)
{
	gnutls_x509_crt_deinit(c->crt);
	gnutls_x509_privkey_deinit(c->private_key);
	gnutls_free(c->der.data);
}

#endif
