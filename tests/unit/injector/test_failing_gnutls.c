/* SPDX-License-Identifier: Apache-2.0 */
/* test_failing_gnutls.c - keys and certificates while each call of GnuTLS in its turn
 * fails: nothing half made is used, nobody is let in, what served goes on.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "../support/failing_calls.h"
#include "../support/testing.h"
#include "base/clock.h"
#include "certificates_fixture.h"
#include "injector/certificates/certificates.h"
#include "injector/certificates/rotation.h"
#include "injector/tls/client_ca.h"
#include "injector/tls/tls_store.h"

/* --- the calls -----------------------------------------------------------------------
 */
/* Their headers name the parameters otherwise.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
#define FAILS(name, parameters, arguments)                                             \
	FAILS_IN_TURN(int, GNUTLS_E_MEMORY_ERROR, name, parameters, arguments)

typedef gnutls_x509_crt_t crt_t;
typedef gnutls_x509_privkey_t privkey_t;

FAILS(gnutls_rnd, (gnutls_rnd_level_t l, void *d, size_t n), (l, d, n))
FAILS(gnutls_x509_crt_init, (crt_t * c), (c))
FAILS(gnutls_x509_crt_import,
      (crt_t c, const gnutls_datum_t *d, gnutls_x509_crt_fmt_t f), (c, d, f))
FAILS(gnutls_x509_crt_list_import2,
      (crt_t * *c, unsigned *n, const gnutls_datum_t *d, gnutls_x509_crt_fmt_t f,
       unsigned flags),
      (c, n, d, f, flags))
FAILS(gnutls_x509_crt_export2, (crt_t c, gnutls_x509_crt_fmt_t f, gnutls_datum_t *d),
      (c, f, d))
FAILS(gnutls_x509_crt_set_version, (crt_t c, unsigned v), (c, v))
FAILS(gnutls_x509_crt_set_serial, (crt_t c, const void *s, size_t n), (c, s, n))
FAILS(gnutls_x509_crt_set_activation_time, (crt_t c, time_t t), (c, t))
FAILS(gnutls_x509_crt_set_expiration_time, (crt_t c, time_t t), (c, t))
FAILS(gnutls_x509_crt_set_dn_by_oid,
      (crt_t c, const char *o, unsigned raw, const void *name, unsigned n),
      (c, o, raw, name, n))
FAILS(gnutls_x509_crt_set_key, (crt_t c, privkey_t k), (c, k))
FAILS(gnutls_x509_crt_get_key_id, (crt_t c, unsigned f, unsigned char *id, size_t *n),
      (c, f, id, n))
FAILS(gnutls_x509_crt_set_subject_key_id, (crt_t c, const void *id, size_t n),
      (c, id, n))
FAILS(gnutls_x509_crt_get_subject_key_id,
      (crt_t c, void *id, size_t *n, unsigned *critical), (c, id, n, critical))
FAILS(gnutls_x509_crt_set_authority_key_id, (crt_t c, const void *id, size_t n),
      (c, id, n))
FAILS(gnutls_x509_crt_set_basic_constraints, (crt_t c, unsigned ca, int path),
      (c, ca, path))
FAILS(gnutls_x509_crt_set_key_usage, (crt_t c, unsigned usage), (c, usage))
FAILS(gnutls_x509_crt_set_key_purpose_oid,
      (crt_t c, const void *oid, unsigned critical), (c, oid, critical))
FAILS(gnutls_x509_crt_set_subject_alt_name,
      (crt_t c, gnutls_x509_subject_alt_name_t t, const void *d, unsigned n,
       unsigned f),
      (c, t, d, n, f))
FAILS(gnutls_x509_crt_sign2,
      (crt_t c, crt_t by, privkey_t k, gnutls_digest_algorithm_t a, unsigned f),
      (c, by, k, a, f))
FAILS(gnutls_x509_crt_verify,
      (crt_t c, const crt_t *cas, unsigned n, unsigned f, unsigned *status),
      (c, cas, n, f, status))
FAILS(gnutls_x509_crt_get_dn_by_oid,
      (crt_t c, const char *o, unsigned i, unsigned raw, void *b, size_t *n),
      (c, o, i, raw, b, n))
FAILS(gnutls_x509_crt_get_subject_alt_name,
      (crt_t c, unsigned i, void *b, size_t *n, unsigned *critical),
      (c, i, b, n, critical))
FAILS(gnutls_x509_privkey_init, (privkey_t * k), (k))
FAILS(gnutls_x509_privkey_generate,
      (privkey_t k, gnutls_pk_algorithm_t a, unsigned bits, unsigned f),
      (k, a, bits, f))
FAILS(gnutls_x509_privkey_import,
      (privkey_t k, const gnutls_datum_t *d, gnutls_x509_crt_fmt_t f), (k, d, f))
FAILS(gnutls_x509_privkey_export2_pkcs8,
      (privkey_t k, gnutls_x509_crt_fmt_t f, const char *password, unsigned flags,
       gnutls_datum_t *d),
      (k, f, password, flags, d))
FAILS(gnutls_x509_privkey_get_key_id,
      (privkey_t k, unsigned f, unsigned char *id, size_t *n), (k, f, id, n))
FAILS(gnutls_x509_trust_list_init, (gnutls_x509_trust_list_t * l, unsigned n), (l, n))
FAILS_IN_TURN(int, 0, gnutls_x509_trust_list_add_cas,
	      (gnutls_x509_trust_list_t l, const crt_t *cas, unsigned n, unsigned f),
	      (l, cas, n, f))
FAILS(gnutls_x509_trust_list_verify_crt2,
      (gnutls_x509_trust_list_t l, crt_t *c, unsigned n, gnutls_typed_vdata_st *data,
       unsigned elements, unsigned f, unsigned *status,
       gnutls_verify_output_function *told),
      (l, c, n, data, elements, f, status, told))
FAILS(gnutls_privkey_init, (gnutls_privkey_t * k), (k))
FAILS(gnutls_privkey_import_x509, (gnutls_privkey_t k, privkey_t from, unsigned f),
      (k, from, f))
FAILS(gnutls_pcert_import_x509_raw,
      (gnutls_pcert_st * p, const gnutls_datum_t *d, gnutls_x509_crt_fmt_t f,
       unsigned flags),
      (p, d, f, flags))
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* --- made ----------------------------------------------------------------------------
 */
static const struct certificate_names names = {"injector", "ns"};
static struct certificates made;

static int make_all(void **state)
{
	const struct validity v = validity_of((int64_t)clock_wall(), 3600);
	struct error err;

	(void)state;
	return certificates_make_ca(&v, made.bundle, made.ca_key, &err) < 0 ||
		       certificates_make(made.bundle, made.ca_key, &names, &v,
					 made.certificate, made.key, &err) < 0
		   ? -1
		   : 0;
}

/* It says what was to be done, of the certificate as a whole or of its export. */
static void assert_says(const struct error *err, const char *what)
{
	const char *const words[] = {what, "export a certificate", "export a key"};
	char expected[128];

	for (int i = 0; i < 3; i++) {
		snprintf(expected, sizeof(expected), "%s: %s", words[i],
			 gnutls_strerror(GNUTLS_E_MEMORY_ERROR));
		if (strcmp(err->text, expected) == 0)
			return;
	}
	fail_msg("it says: %s", err->text);
}

CASE(a_ca_that_cannot_be_made_says_what_failed)
{
	const struct validity v = validity_of((int64_t)clock_wall(), 3600);
	struct certificates c = made;
	struct error err;
	unsigned turns = 0;

	for (;; turns++) {
		fail_call(turns + 1);
		const int result = certificates_make_ca(&v, c.bundle, c.ca_key, &err);
		if (!call_failed()) {
			assert_int_equal(result, 0);
			break;
		}
		assert_int_equal(result, -1);
		assert_says(&err, "make a CA");
	}
	assert_in_range(turns, 15, 100);
}

CASE(so_does_a_certificate)
{
	const struct validity v = validity_of((int64_t)clock_wall(), 3600);
	struct certificate_info seen;
	struct certificates c = made;
	struct error err;
	unsigned turns = 0;

	for (;; turns++) {
		fail_call(turns + 1);
		const int result = certificates_make(c.bundle, c.ca_key, &names, &v,
						     c.certificate, c.key, &err);
		if (!call_failed()) {
			assert_int_equal(result, 0);
			break;
		}
		assert_int_equal(result, -1);
		assert_says(&err, "make a certificate");
	}
	assert_in_range(turns, 20, 100);
	certificate_inspect(&c, &names, &seen);
	assert_null(seen.defect);
}

/* A bundle that lost a CA would end the trust in what that one has signed. */
CASE(a_bundle_loses_no_ca)
{
	const struct validity v = validity_of((int64_t)clock_wall(), 3600);
	static char before[BUNDLE_MAX], out[BUNDLE_MAX];
	struct certificates c;
	struct error err;
	unsigned turns = 0;

	assert_int_equal(certificates_make_ca(&v, c.bundle, c.ca_key, &err), 0);
	assert_int_equal(certificates_bundle(c.bundle, made.bundle, 7, out, &err), 0);
	memcpy(before, out, sizeof(before));
	for (;; turns++) {
		fail_call(turns + 1);
		const int result = certificates_bundle("", out, 3, out, &err);
		if (!call_failed()) {
			assert_int_equal(result, 0);
			break;
		}
		assert_int_equal(result, -1);
		assert_says(&err, "read the CA bundle");
		assert_string_equal(out, before);
	}
	assert_int_equal(turns, 3);
	assert_string_equal(out, before);
}

/* --- served --------------------------------------------------------------------------
 */
CASE(a_certificate_that_cannot_be_taken_leaves_the_old_one)
{
	struct error err;
	struct tls_store *store = tls_store_new(&err);
	struct certificate old, young;
	unsigned turns = 0;

	certificate_make(&old, GNUTLS_PK_ECDSA, 1000, NULL);
	certificate_make(&young, GNUTLS_PK_ECDSA, 2000, NULL);
	assert_int_equal(tls_store_set(store, old.chain, old.key, &err), 0);
	for (;; turns++) {
		fail_call(turns + 1);
		err.text[0] = '\0';
		const int result = tls_store_set(store, young.chain, young.key, &err);
		if (!call_failed()) {
			assert_int_equal(result, 0);
			break;
		}
		assert_int_equal(result, -1);
		assert_non_null(
		    strstr(err.text, gnutls_strerror(GNUTLS_E_MEMORY_ERROR)));
		assert_true(tls_store_expiry(store) == (double)old.expiry);
	}
	assert_int_equal(turns, 6);
	assert_true(tls_store_expiry(store) == (double)young.expiry);
	certificate_free(&old);
	certificate_free(&young);
	tls_store_free(store);
}

/* What GnuTLS gets for a handshake, released as GnuTLS does. */
static int retrieve(unsigned *length)
{
	gnutls_pcert_st *chain = NULL;
	gnutls_ocsp_data_st *ocsp;
	gnutls_privkey_t key = NULL;
	unsigned ocsp_length, flags;
	const int result = tls_store_retrieve(NULL, NULL, &chain, length, &ocsp,
					      &ocsp_length, &key, &flags);

	assert_int_equal(flags, GNUTLS_CERT_RETR_DEINIT_ALL);
	if (result < 0)
		return result;
	for (unsigned i = 0; i < *length; i++)
		gnutls_pcert_deinit(&chain[i]);
	gnutls_free(chain);
	gnutls_privkey_deinit(key);
	return 0;
}

CASE(a_handshake_gets_all_of_a_chain_or_fails)
{
	struct error err;
	struct tls_store *store = tls_store_new(&err);
	struct certificate ca, leaf;
	unsigned turns = 0, length;

	certificate_make(&ca, GNUTLS_PK_ECDSA, 1000, NULL);
	certificate_make(&leaf, GNUTLS_PK_ECDSA, 1000, &ca);
	assert_int_equal(tls_store_set(store, leaf.chain, leaf.key, &err), 0);
	tls_store_serve(store);
	for (;; turns++) {
		fail_call(turns + 1);
		const int result = retrieve(&length);
		if (!call_failed()) {
			assert_int_equal(result, 0);
			assert_int_equal(length, 2);
			break;
		}
		assert_int_equal(result, -1);
	}
	/* The key twice, each certificate once. */
	assert_int_equal(turns, 4);
	certificate_free(&leaf);
	certificate_free(&ca);
	tls_store_free(store);
}

/* --- checked -------------------------------------------------------------------------
 */
CASE(a_certificate_that_cannot_be_checked_has_a_defect)
{
	struct certificate_info seen;
	unsigned turns = 0;

	for (;; turns++) {
		fail_call(turns + 1);
		certificate_inspect(&made, &names, &seen);
		if (!call_failed()) {
			assert_null(seen.defect);
			assert_true(seen.ca_key);
			break;
		}
		/* The first calls are about the CA's key. */
		if (!seen.defect)
			assert_false(seen.ca_key);
	}
	assert_in_range(turns, 9, 20);
}

/* A client is judged: failing calls let nobody in. */
CASE(a_client_that_cannot_be_judged_is_not_let_in)
{
	static char path[] = "/tmp/dormouse-clients-XXXXXX";
	struct certificate ca, client;
	struct client_ca clients;
	struct error err;
	unsigned turns = 0, refused = 0;

	certificate_make(&ca, GNUTLS_PK_ECDSA, 1000, NULL);
	certificate_make(&client, GNUTLS_PK_ECDSA, 500, &ca);
	const int fd = mkstemp(path);
	assert_int_equal(write(fd, ca.chain, strlen(ca.chain)), strlen(ca.chain));
	close(fd);
	client_ca_init(&clients, path, "localhost", 1);
	assert_int_equal(client_ca_look(&clients, 100, &err), CLIENT_CA_TAKEN);
	for (;; turns++) {
		fail_call(turns + 1);
		const enum client_verdict verdict =
		    client_ca_judge(&clients, &client.der, 1);
		if (!call_failed()) {
			assert_int_equal(verdict, CLIENT_WELCOME);
			break;
		}
		refused += verdict != CLIENT_WELCOME;
	}
	/* To read it, to verify it, and its DNS name. An unread common name is one that
	 * is not the wanted one, so that the DNS name decides. */
	assert_in_range(refused, 4, turns);
	unlink(path);
	client_ca_free(&clients);
	certificate_free(&client);
	certificate_free(&ca);
}

/* The CAs of the clients, read again: the old ones stay. */
CASE(a_client_ca_that_cannot_be_taken_leaves_the_old_one)
{
	static char path[] = "/tmp/dormouse-clients-XXXXXX";
	struct certificate ca, client;
	struct client_ca clients;
	struct error err;
	double now = 100;
	unsigned turns = 0;

	certificate_make(&ca, GNUTLS_PK_ECDSA, 1000, NULL);
	certificate_make(&client, GNUTLS_PK_ECDSA, 500, &ca);
	const int fd = mkstemp(path);
	assert_int_equal(write(fd, ca.chain, strlen(ca.chain)), strlen(ca.chain));
	client_ca_init(&clients, path, "", 1);
	assert_int_equal(client_ca_look(&clients, now, &err), CLIENT_CA_TAKEN);
	for (;; turns++) {
		now += 2;
		assert_int_equal(write(fd, "\n", 1), 1); /* it has changed */
		fail_call(turns + 1);
		const enum client_ca_look look = client_ca_look(&clients, now, &err);
		if (!call_failed()) {
			assert_int_equal(look, CLIENT_CA_TAKEN);
			break;
		}
		assert_int_equal(look, CLIENT_CA_BROKEN);
		assert_non_null(strstr(err.text, path));
		assert_int_equal(client_ca_judge(&clients, &client.der, 1),
				 CLIENT_WELCOME);
		assert_int_equal(client_ca_judge(&clients, NULL, 0), CLIENT_WITHOUT);
	}
	assert_int_equal(turns, 3);
	assert_int_equal(clients.failures, 3);
	close(fd);
	unlink(path);
	client_ca_free(&clients);
	certificate_free(&client);
	certificate_free(&ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_ca_that_cannot_be_made_says_what_failed),
	    cmocka_unit_test(so_does_a_certificate),
	    cmocka_unit_test(a_bundle_loses_no_ca),
	    cmocka_unit_test(a_certificate_that_cannot_be_taken_leaves_the_old_one),
	    cmocka_unit_test(a_handshake_gets_all_of_a_chain_or_fails),
	    cmocka_unit_test(a_certificate_that_cannot_be_checked_has_a_defect),
	    cmocka_unit_test(a_client_that_cannot_be_judged_is_not_let_in),
	    cmocka_unit_test(a_client_ca_that_cannot_be_taken_leaves_the_old_one),
	};

	return cmocka_run_group_tests(tests, make_all, NULL);
}
