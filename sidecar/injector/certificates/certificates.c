/* SPDX-License-Identifier: Apache-2.0 */
/* certificates.c - makes CAs, certificates and CA bundles with GnuTLS. */
#include "certificates.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define SERIAL_BYTES 16 /* RFC 5280: at most 20 bytes, unique for each CA */

/* --- validity -----------------------------------------------------------------------
 */

/* How far other clocks may be behind: 5 minutes, or a tenth of a short lifetime. */
static int64_t backdating(int64_t lifetime_s)
{
	return lifetime_s >= 3000 ? 300 : lifetime_s / 10;
}

struct validity validity_of(int64_t now, int64_t lifetime_s)
{
	return (struct validity){.not_before = now - backdating(lifetime_s),
				 .not_after = now + lifetime_s};
}

int64_t validity_issued(const struct validity *v)
{
	const int64_t whole = v->not_after - v->not_before;

	return v->not_before + (whole >= 3300 ? 300 : whole / 11);
}

/* --- GnuTLS's objects and errors ----------------------------------------------------
 */

static int fail_gnutls(struct error *err, int code, const char *what)
{
	return fail(err, "%s: %s", what, gnutls_strerror(code));
}

/* Copies the PEM that GnuTLS exported, then wipes and frees GnuTLS's copy. */
static int take_pem(gnutls_datum_t *pem, char *out, struct error *err)
{
	const bool fits = pem->size < PEM_MAX;

	if (fits) {
		memcpy(out, pem->data, pem->size);
		out[pem->size] = '\0';
	}
	gnutls_memset(pem->data, 0, pem->size);
	gnutls_free(pem->data);
	return fits ? 0 : fail(err, "PEM of %u bytes is too long", pem->size);
}

static int export_key(gnutls_x509_privkey_t key, char out[PEM_MAX], struct error *err)
{
	gnutls_datum_t pem;
	const int code = gnutls_x509_privkey_export2_pkcs8(
	    key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);

	return code < 0 ? fail_gnutls(err, code, "export a key")
			: take_pem(&pem, out, err);
}

static int export_certificate(gnutls_x509_crt_t crt, char out[PEM_MAX],
			      struct error *err)
{
	gnutls_datum_t pem;
	const int code = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);

	return code < 0 ? fail_gnutls(err, code, "export a certificate")
			: take_pem(&pem, out, err);
}

static gnutls_datum_t datum_of(const char *text)
{
	return (gnutls_datum_t){.data = (unsigned char *)text,
				.size = (unsigned)strlen(text)};
}

/* --- certificates -------------------------------------------------------------------
 */

/* An unfinished certificate and its key. */
struct draft {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

static void draft_free(struct draft *d)
{
	if (d->crt)
		gnutls_x509_crt_deinit(d->crt);
	if (d->key)
		gnutls_x509_privkey_deinit(d->key);
}

static int set_serial(gnutls_x509_crt_t crt)
{
	unsigned char serial[SERIAL_BYTES];
	int code = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and of constant length */
	if (code == 0)
		code = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	return code;
}

static int set_key_id(gnutls_x509_crt_t crt)
{
	unsigned char id[32];
	size_t length = sizeof(id);
	int code = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA1, id, &length);

	if (code == 0)
		code = gnutls_x509_crt_set_subject_key_id(crt, id, length);
	return code;
}

/* Makes a key, and sets the fields that a CA and a certificate share. Returns GnuTLS's
 * code. */
static int draft_begin(struct draft *d, const char *name, const struct validity *v)
{
	int code = gnutls_x509_privkey_init(&d->key);

	if (code == 0)
		code = gnutls_x509_privkey_generate(
		    d->key, GNUTLS_PK_ECDSA,
		    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (code == 0)
		code = gnutls_x509_crt_init(&d->crt);
	if (code == 0)
		code = gnutls_x509_crt_set_version(d->crt, 3);
	if (code == 0)
		code = set_serial(d->crt);
	if (code == 0)
		code = gnutls_x509_crt_set_activation_time(d->crt, v->not_before);
	if (code == 0)
		code = gnutls_x509_crt_set_expiration_time(d->crt, v->not_after);
	if (code == 0)
		code = gnutls_x509_crt_set_dn_by_oid(
		    d->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, strlen(name));
	if (code == 0)
		code = gnutls_x509_crt_set_key(d->crt, d->key);
	if (code == 0)
		code = set_key_id(d->crt);
	return code;
}

static int draft_sign(struct draft *d, gnutls_x509_crt_t ca, gnutls_x509_privkey_t key)
{
	unsigned char id[32];
	size_t length = sizeof(id);
	int code = gnutls_x509_crt_get_subject_key_id(ca, id, &length, NULL);

	if (code == 0)
		code = gnutls_x509_crt_set_authority_key_id(d->crt, id, length);
	if (code == 0)
		code = gnutls_x509_crt_sign2(d->crt, ca, key, GNUTLS_DIG_SHA256, 0);
	return code;
}

int certificates_make_ca(const struct validity *v, char ca[PEM_MAX], char key[PEM_MAX],
			 struct error *err)
{
	struct draft d = {0};
	int result = -1;
	int code = draft_begin(&d, CA_NAME, v);

	if (code == 0)
		code = gnutls_x509_crt_set_basic_constraints(d.crt, 1, 0);
	if (code == 0)
		code = gnutls_x509_crt_set_key_usage(d.crt, GNUTLS_KEY_KEY_CERT_SIGN);
	if (code == 0)
		code = draft_sign(&d, d.crt, d.key);
	if (code < 0)
		fail_gnutls(err, code, "make a CA");
	else if (export_certificate(d.crt, ca, err) == 0)
		result = export_key(d.key, key, err);
	draft_free(&d);
	return result;
}

/* Sets the Service's names that an API server or a person uses. */
static int set_names(gnutls_x509_crt_t crt, const struct certificate_names *names)
{
	static const char *const domains[] = {".svc", ".svc.cluster.local", ""};
	char name[256];
	int code = 0;

	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]) && code == 0; i++) {
		const int length =
		    snprintf(name, sizeof(name), "%s.%s%s", names->service,
			     names->namespace, domains[i]);
		if (length < 0 || (size_t)length >= sizeof(name))
			return GNUTLS_E_SHORT_MEMORY_BUFFER;
		code = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME,
							    name, (unsigned)length,
							    GNUTLS_FSAN_APPEND);
	}
	if (code == 0)
		code = gnutls_x509_crt_set_subject_alt_name(
		    crt, GNUTLS_SAN_DNSNAME, names->service,
		    (unsigned)strlen(names->service), GNUTLS_FSAN_APPEND);
	return code;
}

static int make_signed(struct draft *d, gnutls_x509_crt_t ca, gnutls_x509_privkey_t key,
		       const struct certificate_names *names, const struct validity *v)
{
	const int64_t end = gnutls_x509_crt_get_expiration_time(ca);
	const struct validity within = {.not_before = v->not_before,
					.not_after =
					    v->not_after < end ? v->not_after : end};
	int code = draft_begin(d, "dormouse-injector", &within);

	if (code == 0)
		code = gnutls_x509_crt_set_basic_constraints(d->crt, 0, -1);
	if (code == 0)
		code =
		    gnutls_x509_crt_set_key_usage(d->crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (code == 0)
		code = gnutls_x509_crt_set_key_purpose_oid(d->crt,
							   GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (code == 0)
		code = set_names(d->crt, names);
	if (code == 0)
		code = draft_sign(d, ca, key);
	return code;
}

int certificates_make(const char *bundle, const char *ca_key,
		      const struct certificate_names *names, const struct validity *v,
		      char certificate[PEM_MAX], char key[PEM_MAX], struct error *err)
{
	const gnutls_datum_t ca_pem = datum_of(bundle), key_pem = datum_of(ca_key);
	struct draft ca = {0}, d = {0};
	int result = -1;
	int code = gnutls_x509_crt_init(&ca.crt);

	if (code == 0)
		code = gnutls_x509_crt_import(ca.crt, &ca_pem, GNUTLS_X509_FMT_PEM);
	if (code == 0)
		code = gnutls_x509_privkey_init(&ca.key);
	if (code == 0)
		code =
		    gnutls_x509_privkey_import(ca.key, &key_pem, GNUTLS_X509_FMT_PEM);
	if (code == 0)
		code = make_signed(&d, ca.crt, ca.key, names, v);
	if (code < 0)
		fail_gnutls(err, code, "make a certificate");
	else if (export_certificate(d.crt, certificate, err) == 0)
		result = export_key(d.key, key, err);
	draft_free(&d);
	draft_free(&ca);
	return result;
}

/* --- bundles ------------------------------------------------------------------------
 */

static int put_certificate(gnutls_x509_crt_t crt, struct text *out, struct error *err)
{
	char pem[PEM_MAX];

	if (export_certificate(crt, pem, err) < 0)
		return -1;
	text_put(out, pem);
	return 0;
}

int certificates_bundle(const char *front, const char *bundle, unsigned keep,
			char out[BUNDLE_MAX], struct error *err)
{
	const gnutls_datum_t pem = datum_of(bundle);
	char whole[BUNDLE_MAX];
	struct text t = text_over(whole, sizeof(whole));
	gnutls_x509_crt_t *cas = NULL;
	unsigned count = 0, kept = front[0] ? 1 : 0;
	int result = 0;
	const int code = bundle[0] && keep
			     ? gnutls_x509_crt_list_import2(&cas, &count, &pem,
							    GNUTLS_X509_FMT_PEM, 0)
			     : 0;

	text_put(&t, front);
	if (code < 0)
		result = fail_gnutls(err, code, "read the CA bundle");
	for (unsigned i = 0; i < count; i++) {
		const bool wanted = i < BUNDLE_CAS && (keep & 1u << i);
		if (result == 0 && wanted && kept++ < BUNDLE_CAS)
			result = put_certificate(cas[i], &t, err);
		gnutls_x509_crt_deinit(cas[i]);
	}
	gnutls_free(cas);
	if (result == 0 && t.overflowed)
		result = fail(err, "a CA bundle of over %d bytes", BUNDLE_MAX);
	if (result == 0)
		memcpy(out, whole, t.length + 1);
	return result;
}
