/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls_store.c - certificates are exchanged under connections that go on,
 * and what cannot serve is refused. Real handshakes over a pair of sockets. */
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../support/testing.h"
#include "certificates_fixture.h"
#include "injector/tls/tls_store.h"

static struct tls_store *store;
static gnutls_certificate_credentials_t server_side, client_side;

static int open_store(void **state)
{
	struct error err;

	(void)state;
	store = tls_store_new(&err);
	assert_non_null(store);
	tls_store_serve(store);
	gnutls_certificate_allocate_credentials(&server_side);
	gnutls_certificate_allocate_credentials(&client_side);
	gnutls_certificate_set_retrieve_function3(server_side, tls_store_retrieve);
	return 0;
}

static int close_store(void **state)
{
	(void)state;
	gnutls_certificate_free_credentials(server_side);
	gnutls_certificate_free_credentials(client_side);
	tls_store_free(store);
	return 0;
}

static void set(const struct certificate *c)
{
	struct error err = {""};

	if (tls_store_set(store, c->chain, c->key, &err) < 0)
		fail_msg("%s", err.text);
}

/* The two ends of a connection. */
struct pair {
	int fds[2];
	gnutls_session_t server, client;
};

static void open_pair(struct pair *p, const char *priorities)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fds),
			 0);
	gnutls_init(&p->server, GNUTLS_SERVER | GNUTLS_NONBLOCK);
	gnutls_init(&p->client, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
	gnutls_priority_set_direct(p->server, "NORMAL", NULL);
	gnutls_priority_set_direct(p->client, priorities, NULL);
	gnutls_credentials_set(p->server, GNUTLS_CRD_CERTIFICATE, server_side);
	gnutls_credentials_set(p->client, GNUTLS_CRD_CERTIFICATE, client_side);
	gnutls_transport_set_int(p->server, p->fds[0]);
	gnutls_transport_set_int(p->client, p->fds[1]);
}

static void close_pair(struct pair *p)
{
	gnutls_deinit(p->server);
	gnutls_deinit(p->client);
	close(p->fds[0]);
	close(p->fds[1]);
}

/* Lets both shake hands; 0, or how it ended. */
static int shake_hands(struct pair *p)
{
	int server = GNUTLS_E_AGAIN, client = GNUTLS_E_AGAIN;

	for (int turn = 0; turn < 1000 && (server != 0 || client != 0); turn++) {
		if (client != 0)
			client = gnutls_handshake(p->client);
		if (server != 0)
			server = gnutls_handshake(p->server);
		if (server < 0 && gnutls_error_is_fatal(server))
			return server;
		if (client < 0 && gnutls_error_is_fatal(client))
			return client;
	}
	return server != 0 ? server : client;
}

static void echo(struct pair *p)
{
	char got[8] = "";

	assert_int_equal(gnutls_record_send(p->client, "hello", 6), 6);
	assert_int_equal(gnutls_record_recv(p->server, got, sizeof(got)), 6);
	assert_string_equal(got, "hello");
	assert_int_equal(gnutls_record_send(p->server, "world", 6), 6);
	ssize_t length;
	do /* TLS 1.3 has messages of its own in between */
		length = gnutls_record_recv(p->client, got, sizeof(got));
	while (length == GNUTLS_E_AGAIN);
	assert_int_equal(length, 6);
	assert_string_equal(got, "world");
}

static void assert_serves(const struct pair *p, const struct certificate *c)
{
	unsigned count = 0;
	const gnutls_datum_t *peers = gnutls_certificate_get_peers(p->client, &count);

	assert_int_equal(count, c->length);
	assert_int_equal(peers[0].size, c->der.size);
	assert_memory_equal(peers[0].data, c->der.data, c->der.size);
}

CASE(without_a_certificate_no_handshake_succeeds)
{
	struct pair p;

	assert_false(tls_store_ready(store));
	assert_true(tls_store_expiry(store) == 0);
	open_pair(&p, "NORMAL");
	assert_int_not_equal(shake_hands(&p), 0);
	close_pair(&p);
}

CASE(every_kind_of_key_serves)
{
	static const char *const versions[] = {
	    "NORMAL:-VERS-ALL:+VERS-TLS1.2",
	    "NORMAL:-VERS-ALL:+VERS-TLS1.3",
	};
	static const gnutls_pk_algorithm_t kinds[] = {GNUTLS_PK_ECDSA, GNUTLS_PK_RSA,
						      GNUTLS_PK_EDDSA_ED25519};

	for (int i = 0; i < 6; i++) {
		struct certificate c;
		struct pair p;

		certificate_make(&c, kinds[i / 2], 1000, NULL);
		set(&c);
		open_pair(&p, versions[i % 2]);
		assert_int_equal(shake_hands(&p), 0);
		assert_serves(&p, &c);
		echo(&p);
		close_pair(&p);
		certificate_free(&c);
	}
}

CASE(the_whole_chain_is_sent_and_its_first_end_counts)
{
	struct certificate ca, leaf;
	struct pair p;

	certificate_make(&ca, GNUTLS_PK_ECDSA, 100, NULL);
	certificate_make(&leaf, GNUTLS_PK_ECDSA, 1000, &ca);
	set(&leaf);
	assert_true(tls_store_ready(store));
	assert_true(tls_store_expiry(store) == (double)ca.expiry);
	open_pair(&p, "NORMAL");
	assert_int_equal(shake_hands(&p), 0);
	assert_serves(&p, &leaf);
	close_pair(&p);
	certificate_free(&leaf);
	certificate_free(&ca);
}

CASE(a_session_goes_on_with_what_it_began_with)
{
	struct certificate before, after;
	struct pair old, young;

	certificate_make(&before, GNUTLS_PK_ECDSA, 1000, NULL);
	certificate_make(&after, GNUTLS_PK_ECDSA, 2000, NULL);
	set(&before);
	open_pair(&old, "NORMAL");
	assert_int_equal(shake_hands(&old), 0);

	set(&after);
	assert_true(tls_store_expiry(store) == (double)after.expiry);
	open_pair(&young, "NORMAL");
	assert_int_equal(shake_hands(&young), 0);
	assert_serves(&old, &before);
	assert_serves(&young, &after);
	echo(&old);
	echo(&young);
	close_pair(&old);
	close_pair(&young);
	certificate_free(&before);
	certificate_free(&after);
}

CASE(a_handshake_under_way_is_not_hurt)
{
	struct certificate before, after;
	struct pair p;

	certificate_make(&before, GNUTLS_PK_ECDSA, 1000, NULL);
	certificate_make(&after, GNUTLS_PK_ECDSA, 2000, NULL);
	set(&before);
	/* TLS 1.2: the server waits for the client's key after it sent its own. */
	open_pair(&p, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
	assert_int_equal(gnutls_handshake(p.client), GNUTLS_E_AGAIN);
	assert_int_equal(gnutls_handshake(p.server), GNUTLS_E_AGAIN);
	set(&after);
	assert_int_equal(shake_hands(&p), 0);
	assert_serves(&p, &before);
	echo(&p);
	close_pair(&p);
	certificate_free(&before);
	certificate_free(&after);
}

CASE(what_cannot_serve_is_refused_and_the_old_kept)
{
	struct certificate good, other, ca;
	static char unsorted[2 * CERTIFICATE_PEM_MAX];

	certificate_make(&ca, GNUTLS_PK_ECDSA, 1000, NULL);
	certificate_make(&good, GNUTLS_PK_ECDSA, 1000, &ca);
	certificate_make(&other, GNUTLS_PK_ECDSA, 2000, NULL);
	snprintf(unsorted, sizeof(unsorted), "%s%s", other.chain, good.chain);
	const struct {
		const char *chain, *key, *says;
	} cases[] = {
	    {good.chain, other.key, "does not belong"},
	    {good.chain, "", "not a private key in PEM"},
	    {good.chain, "garbage", "not a private key in PEM"},
	    {good.chain, good.chain, "not a private key in PEM"},
	    {"", good.key, "not a chain in PEM"},
	    {"garbage", good.key, "not a chain in PEM"},
	    {good.key, good.key, "not a chain in PEM"},
	    {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", good.key,
	     "not a chain in PEM"},
	    {unsorted, other.key, "not a chain in PEM"},
	};

	set(&good);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};

		assert_int_equal(
		    tls_store_set(store, cases[i].chain, cases[i].key, &err), -1);
		if (!strstr(err.text, cases[i].says))
			fail_msg("case %zu says: %s", i, err.text);
		assert_true(tls_store_expiry(store) == (double)good.expiry);
	}
	struct pair p;
	open_pair(&p, "NORMAL");
	assert_int_equal(shake_hands(&p), 0);
	assert_serves(&p, &good);
	close_pair(&p);
	certificate_free(&good);
	certificate_free(&other);
	certificate_free(&ca);
}

static struct certificate exchanged[2];

static void *exchange(void *context)
{
	struct error err;

	(void)context;
	for (int i = 0; i < 2000; i++)
		if (tls_store_set(store, exchanged[i % 2].chain, exchanged[i % 2].key,
				  &err) < 0)
			return "an exchange failed";
	return NULL;
}

CASE(one_thread_exchanges_while_another_serves)
{
	pthread_t thread;
	void *trouble;

	for (int i = 0; i < 2; i++)
		certificate_make(&exchanged[i], GNUTLS_PK_ECDSA, 1000 + i, NULL);
	set(&exchanged[0]);
	assert_int_equal(pthread_create(&thread, NULL, exchange, NULL), 0);
	for (int i = 0; i < 100; i++) {
		struct pair p;

		open_pair(&p, "NORMAL");
		assert_int_equal(shake_hands(&p), 0);
		echo(&p);
		close_pair(&p);
	}
	pthread_join(thread, &trouble);
	assert_null(trouble);
	for (int i = 0; i < 2; i++)
		certificate_free(&exchanged[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
	const struct CMUnitTest tests[] = {
	    TEST(without_a_certificate_no_handshake_succeeds),
	    TEST(every_kind_of_key_serves),
	    TEST(the_whole_chain_is_sent_and_its_first_end_counts),
	    TEST(a_session_goes_on_with_what_it_began_with),
	    TEST(a_handshake_under_way_is_not_hurt),
	    TEST(what_cannot_serve_is_refused_and_the_old_kept),
	    TEST(one_thread_exchanges_while_another_serves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
