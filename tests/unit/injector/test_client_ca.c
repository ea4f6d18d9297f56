/* SPDX-License-Identifier: Apache-2.0 */
/* test_client_ca.c - whom a CA welcomes, and what becomes of it when its file appears,
 * changes, breaks or goes. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/testing.h"
#include "certificates_fixture.h"
#include "injector/tls/client_ca.h"

#define EVERY_S 10.0

static char path[64];
static struct client_ca clients;
static struct certificate ca, other_ca, server;
static double now;

static int open_all(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/dormouse-client-ca-%d", (int)getpid());
	unlink(path);
	now = 100;
	client_ca_init(&clients, path, "", EVERY_S);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	client_ca_free(&clients);
	unlink(path);
	return 0;
}

static int make_cas(void **state)
{
	(void)state;
	certificate_make(&ca, GNUTLS_PK_ECDSA, 1000, NULL);
	certificate_make(&other_ca, GNUTLS_PK_ECDSA, 1000, NULL);
	return 0;
}

static int free_cas(void **state)
{
	(void)state;
	certificate_free(&ca);
	certificate_free(&other_ca);
	return 0;
}

/* Replaces the file as the kubelet does: another file under the name. */
static void put(const char *first, const char *second)
{
	char beside[80];

	snprintf(beside, sizeof(beside), "%s.new", path);
	FILE *file = fopen(beside, "w");
	assert_non_null(file);
	fprintf(file, "%s%s", first, second);
	fclose(file);
	assert_int_equal(rename(beside, path), 0);
}

static enum client_ca_look look(struct error *err)
{
	now += EVERY_S + 1;
	err->text[0] = '\0';
	return client_ca_look(&clients, now, err);
}

static void take(const char *first, const char *second)
{
	struct error err;

	put(first, second);
	if (look(&err) != CLIENT_CA_TAKEN)
		fail_msg("not taken: %s", err.text);
}

static enum client_verdict judge(const struct certificate *c)
{
	return client_ca_judge(&clients, &c->der, 1);
}

/* A client's certificate, with a purpose, a common name or a DNS name unless NULL. */
static void make_client(struct certificate *c, const char *purpose, const char *common,
			const char *dns)
{
	certificate_make(c, GNUTLS_PK_ECDSA, 500, &ca);
	if (purpose)
		gnutls_x509_crt_set_key_purpose_oid(c->crt, purpose, 0);
	if (common)
		gnutls_x509_crt_set_dn_by_oid(c->crt, GNUTLS_OID_X520_COMMON_NAME, 0,
					      common, (unsigned)strlen(common));
	if (dns)
		gnutls_x509_crt_set_subject_alt_name(c->crt, GNUTLS_SAN_DNSNAME, dns,
						     (unsigned)strlen(dns),
						     GNUTLS_FSAN_APPEND);
	assert_int_equal(
	    gnutls_x509_crt_sign2(c->crt, ca.crt, ca.private_key, GNUTLS_DIG_SHA256, 0),
	    0);
	gnutls_free(c->der.data);
	gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_DER, &c->der);
}

/* --- the file ------------------------------------------------------------------------
 */
CASE(without_a_file_nothing_is_demanded_until_there_is_one)
{
	struct error err;

	assert_true(client_ca_due_s(&clients, now) == 0);
	assert_int_equal(client_ca_look(&clients, now, &err), CLIENT_CA_SAME);
	assert_true(client_ca_due_s(&clients, now + 4) == EVERY_S - 4);
	assert_false(client_ca_demands(&clients));
	put(ca.chain, "");
	assert_int_equal(client_ca_look(&clients, now + 1, &err), CLIENT_CA_SAME);
	assert_int_equal(look(&err), CLIENT_CA_TAKEN);
	assert_true(client_ca_demands(&clients));
	assert_int_equal(look(&err), CLIENT_CA_SAME);
	assert_int_equal(clients.reloads, 1);
	assert_int_equal(clients.failures, 0);
}

CASE(without_a_path_no_file_is_looked_at)
{
	struct error err;

	client_ca_init(&clients, "", "", EVERY_S);
	assert_int_equal(look(&err), CLIENT_CA_SAME);
	assert_true(client_ca_due_s(&clients, now) < 0);
	assert_false(client_ca_demands(&clients));
}

/* Each of these instead of a good file, and also from the start. */
static void assert_broken_is_kept_out(const char *text, const char *says)
{
	struct error err;

	take(ca.chain, "");
	put(text, "");
	assert_int_equal(look(&err), CLIENT_CA_BROKEN);
	assert_non_null(strstr(err.text, path));
	if (!strstr(err.text, says))
		fail_msg("%s", err.text);
	assert_int_equal(look(&err), CLIENT_CA_SAME); /* said once */
	assert_int_equal(clients.failures, 1);
	assert_int_equal(judge(&server), CLIENT_WELCOME);

	client_ca_free(&clients);
	client_ca_init(&clients, path, "", EVERY_S);
	assert_int_equal(look(&err), CLIENT_CA_BROKEN);
	assert_false(client_ca_demands(&clients));
	take(ca.chain, "");
	assert_true(client_ca_demands(&clients));
	client_ca_free(&clients);
	client_ca_init(&clients, path, "", EVERY_S);
}

CASE(a_broken_file_changes_nothing_and_is_said_once)
{
	static char huge[TEXT_FILE_MAX + 1], half[CERTIFICATE_PEM_MAX];
	static char torn[2 * CERTIFICATE_PEM_MAX];

	memset(huge, '\n', TEXT_FILE_MAX);
	snprintf(half, sizeof(half), "%.*s", (int)strlen(ca.chain) / 2, ca.chain);
	snprintf(torn, sizeof(torn), "%s%s", ca.chain,
		 "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	const struct {
		const char *text, *says;
	} cases[] = {
	    {"", "PEM"},   {"garbage\n", "PEM"}, {ca.key, "PEM"},
	    {half, "PEM"}, {torn, "PEM"},        {huge, "is over 65535"},
	};

	make_client(&server, NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_broken_is_kept_out(cases[i].text, cases[i].says);
	certificate_free(&server);
}

CASE(a_file_that_is_gone_opens_no_door)
{
	struct error err;

	take(ca.chain, "");
	unlink(path);
	assert_int_equal(look(&err), CLIENT_CA_BROKEN);
	assert_non_null(strstr(err.text, "No such file"));
	assert_int_equal(look(&err), CLIENT_CA_SAME);
	assert_true(client_ca_demands(&clients));
	assert_int_equal(judge(&other_ca), CLIENT_UNTRUSTED);
	take(other_ca.chain, "");
	assert_int_equal(judge(&other_ca), CLIENT_WELCOME);
}

/* --- clients -------------------------------------------------------------------------
 */
CASE(a_bundle_welcomes_the_clients_of_each_ca_and_no_others)
{
	struct certificate of_ca, of_other, of_none, stranger;
	const gnutls_datum_t broken = {(unsigned char *)(uintptr_t) "\x30\x80", 2};

	certificate_make(&stranger, GNUTLS_PK_ECDSA, 1000, NULL);
	certificate_make(&of_ca, GNUTLS_PK_RSA, 500, &ca);
	certificate_make(&of_other, GNUTLS_PK_EDDSA_ED25519, 500, &other_ca);
	certificate_make(&of_none, GNUTLS_PK_ECDSA, 500, &stranger);
	take(ca.chain, other_ca.chain);
	assert_int_equal(judge(&of_ca), CLIENT_WELCOME);
	assert_int_equal(judge(&of_other), CLIENT_WELCOME);
	assert_int_equal(judge(&of_none), CLIENT_UNTRUSTED);
	assert_int_equal(judge(&stranger), CLIENT_UNTRUSTED);
	assert_int_equal(client_ca_judge(&clients, NULL, 0), CLIENT_WITHOUT);
	assert_int_equal(client_ca_judge(&clients, &broken, 1), CLIENT_UNTRUSTED);
	assert_int_equal(clients.refused[CLIENT_UNTRUSTED], 3);
	assert_int_equal(clients.refused[CLIENT_WITHOUT], 1);
	take(other_ca.chain, "");
	assert_int_equal(judge(&of_ca), CLIENT_UNTRUSTED);
	assert_int_equal(judge(&of_other), CLIENT_WELCOME);
	certificate_free(&of_ca);
	certificate_free(&of_other);
	certificate_free(&of_none);
	certificate_free(&stranger);
}

CASE(a_ca_may_stand_twice_in_the_file)
{
	struct certificate c;

	make_client(&c, NULL, NULL, NULL);
	take(ca.chain, ca.chain);
	assert_int_equal(judge(&c), CLIENT_WELCOME);
	assert_int_equal(judge(&other_ca), CLIENT_UNTRUSTED);
	certificate_free(&c);
}

CASE(a_certificate_has_its_time)
{
	struct certificate old, young;

	certificate_make(&old, GNUTLS_PK_ECDSA, -100, &ca);
	make_client(&young, NULL, NULL, NULL);
	gnutls_x509_crt_set_activation_time(young.crt, time(NULL) + 400);
	gnutls_x509_crt_sign2(young.crt, ca.crt, ca.private_key, GNUTLS_DIG_SHA256, 0);
	gnutls_free(young.der.data);
	gnutls_x509_crt_export2(young.crt, GNUTLS_X509_FMT_DER, &young.der);
	take(ca.chain, "");
	assert_int_equal(judge(&old), CLIENT_EXPIRED);
	assert_int_equal(judge(&young), CLIENT_EXPIRED);
	assert_int_equal(clients.refused[CLIENT_EXPIRED], 2);
	certificate_free(&old);
	certificate_free(&young);
}

CASE(an_expired_stranger_is_a_stranger)
{
	struct certificate old;

	certificate_make(&old, GNUTLS_PK_ECDSA, -100, &other_ca);
	take(ca.chain, "");
	assert_int_equal(judge(&old), CLIENT_UNTRUSTED);
	certificate_free(&old);
}

CASE(a_certificate_for_servers_is_not_one_of_a_client)
{
	struct certificate c;

	take(ca.chain, "");
	make_client(&c, GNUTLS_KP_TLS_WWW_SERVER, NULL, NULL);
	assert_int_equal(judge(&c), CLIENT_UNTRUSTED);
	certificate_free(&c);
	make_client(&c, GNUTLS_KP_TLS_WWW_CLIENT, NULL, NULL);
	assert_int_equal(judge(&c), CLIENT_WELCOME);
	certificate_free(&c);
}

CASE(certificates_between_are_followed_and_too_many_are_not)
{
	struct certificate between, leaf;
	gnutls_datum_t chain[9];

	certificate_make(&between, GNUTLS_PK_ECDSA, 800, &ca);
	certificate_make(&leaf, GNUTLS_PK_ECDSA, 500, &between);
	take(ca.chain, "");
	for (int i = 0; i < 9; i++)
		chain[i] = i == 0 ? leaf.der : between.der;
	assert_int_equal(client_ca_judge(&clients, chain, 1), CLIENT_UNTRUSTED);
	assert_int_equal(client_ca_judge(&clients, chain, 2), CLIENT_WELCOME);
	assert_int_equal(client_ca_judge(&clients, chain, 9), CLIENT_UNTRUSTED);
	certificate_free(&between);
	certificate_free(&leaf);
}

CASE(the_name_is_the_common_name_or_a_dns_name_and_exactly_that)
{
	static const struct {
		const char *common, *dns;
		enum client_verdict verdict;
	} cases[] = {
	    {"api-server", NULL, CLIENT_WELCOME},
	    {NULL, "api-server", CLIENT_WELCOME},
	    {"api-server2", NULL, CLIENT_OTHER},
	    {"api-serve", NULL, CLIENT_OTHER},
	    {"API-server", "*", CLIENT_OTHER},
	    {NULL, "api-server.example.com", CLIENT_OTHER},
	    {NULL, NULL, CLIENT_OTHER},
	};

	clients.name = "api-server";
	take(ca.chain, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct certificate c;

		make_client(&c, NULL, cases[i].common, cases[i].dns);
		if (judge(&c) != cases[i].verdict)
			fail_msg("case %zu", i);
		certificate_free(&c);
	}
	assert_int_equal(clients.refused[CLIENT_OTHER], 5);
	/* A wanted name is no pass for another CA's client. */
	clients.name = "localhost";
	assert_int_equal(judge(&other_ca), CLIENT_UNTRUSTED);
}

CASE(refusals_are_told_once_a_minute)
{
	struct error said;

	take(ca.chain, "");
	assert_false(client_ca_complaint(&clients, 1000, &said));
	for (int i = 0; i < 5; i++)
		judge(&other_ca);
	assert_true(client_ca_complaint(&clients, 1000, &said));
	assert_non_null(strstr(said.text, "0 none, 0 expired, 5 untrusted, 0 name"));
	client_ca_judge(&clients, NULL, 0);
	assert_false(client_ca_complaint(&clients, 1059, &said));
	assert_true(client_ca_complaint(&clients, 1061, &said));
	assert_non_null(strstr(said.text, "1 none, 0 expired, 0 untrusted, 0 name"));
	assert_false(client_ca_complaint(&clients, 2000, &said));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
	const struct CMUnitTest tests[] = {
	    TEST(without_a_file_nothing_is_demanded_until_there_is_one),
	    TEST(without_a_path_no_file_is_looked_at),
	    TEST(a_broken_file_changes_nothing_and_is_said_once),
	    TEST(a_file_that_is_gone_opens_no_door),
	    TEST(a_bundle_welcomes_the_clients_of_each_ca_and_no_others),
	    TEST(a_ca_may_stand_twice_in_the_file),
	    TEST(a_certificate_has_its_time),
	    TEST(an_expired_stranger_is_a_stranger),
	    TEST(a_certificate_for_servers_is_not_one_of_a_client),
	    TEST(certificates_between_are_followed_and_too_many_are_not),
	    TEST(the_name_is_the_common_name_or_a_dns_name_and_exactly_that),
	    TEST(refusals_are_told_once_a_minute),
	};

	return cmocka_run_group_tests(tests, make_cas, free_cas);
}
