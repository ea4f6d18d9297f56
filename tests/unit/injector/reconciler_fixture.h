/* SPDX-License-Identifier: Apache-2.0 */
/* reconciler_fixture.h - reconcilers beside an API server of the test's own. Included
 * by one file of a test program. */
#ifndef TESTS_INJECTOR_RECONCILER_FIXTURE_H
#define TESTS_INJECTOR_RECONCILER_FIXTURE_H

#include <gnutls/x509.h>

#include "../support/testing.h"
#include "api_server_fixture.h"
#include "injector/certificates/reconciler.h"

#include "base/clock.h"

#define SOON_S   20 /* what is waited for comes in far less */
#define REPLICAS 5

struct replica {
	struct injector_options options;
	struct cluster_facts facts;
	struct tls_store *store;
	struct reconciler *reconciler;
};

static inline void start(struct replica *r)
{
	struct error err;

	memset(&r->facts, 0, sizeof(r->facts));
	r->store = tls_store_new(&err);
	assert_non_null(r->store);
	r->reconciler = reconciler_start(&r->options, r->store, &r->facts, &err);
	if (!r->reconciler)
		fail_msg("%s", err.text);
}

static inline struct injector_options options_for_tests(void)
{
	struct injector_options o = api.options;

	snprintf(o.service, sizeof(o.service), "svc");
	snprintf(o.namespace, sizeof(o.namespace), "ns");
	snprintf(o.secret, sizeof(o.secret), "tls");
	snprintf(o.webhook, sizeof(o.webhook), "hook");
	o.native = NATIVE_AUTO;
	o.check_interval_s = 0.3;
	o.certificate_lifetime_s = 90 * 86400.0;
	o.ca_lifetime_s = 3650 * 86400.0;
	return o;
}

static inline void stop(struct replica *r)
{
	reconciler_stop(r->reconciler);
	tls_store_free(r->store);
}

#define WAIT_FOR(condition)                                                            \
	do {                                                                           \
		const double until_ = clock_wall() + SOON_S;                           \
		bool holds_ = false;                                                   \
		while (!holds_ && clock_wall() < until_) {                             \
			pthread_mutex_lock(&api.lock);                                 \
			holds_ = (condition);                                          \
			pthread_mutex_unlock(&api.lock);                               \
			if (!holds_)                                                   \
				usleep(5000);                                          \
		}                                                                      \
		assert_true(holds_);                                                   \
	} while (0)

static inline bool ready(struct replica *r)
{
	return atomic_load(&r->facts.webhook_ready) && tls_store_ready(r->store);
}

static inline void wait_ready(struct replica *r)
{
	WAIT_FOR(ready(r));
}

/* The certificate that a handshake would get now, as PEM. */
static inline void served(struct replica *r, char pem[PEM_MAX])
{
	gnutls_pcert_st *chain;
	gnutls_ocsp_data_st *ocsp;
	gnutls_privkey_t key;
	unsigned length, ocsp_length, flags;
	gnutls_datum_t text;

	tls_store_serve(r->store);
	assert_int_equal(tls_store_retrieve(NULL, NULL, &chain, &length, &ocsp,
					    &ocsp_length, &key, &flags),
			 0);
	assert_int_equal(
	    gnutls_pem_base64_encode2("CERTIFICATE", &chain[0].cert, &text), 0);
	snprintf(pem, PEM_MAX, "%s", text.data);
	gnutls_free(text.data);
	for (unsigned i = 0; i < length; i++)
		gnutls_pcert_deinit(&chain[i]);
	gnutls_free(chain);
	gnutls_privkey_deinit(key);
}

/* What is in the Secret, judged for the names that the tests use. */
static inline struct certificate_info in_secret(struct certificates *c)
{
	static const struct certificate_names names = {"svc", "ns"};
	struct certificate_info seen;

	pthread_mutex_lock(&api.lock);
	secret_read(api.secret, c);
	pthread_mutex_unlock(&api.lock);
	certificate_inspect(c, &names, &seen);
	return seen;
}

static inline void decode_bundle(int webhook, char bundle[BUNDLE_MAX])
{
	const char *encoded =
	    json_text(json_member(cJSON_GetArrayItem(
				      json_member(api.config, "webhooks"), webhook),
				  "clientConfig"),
		      "caBundle");
	const gnutls_datum_t in = {(unsigned char *)encoded, (unsigned)strlen(encoded)};
	gnutls_datum_t out;

	assert_int_equal(gnutls_base64_decode2(&in, &out), 0);
	snprintf(bundle, BUNDLE_MAX, "%.*s", (int)out.size, out.data);
	gnutls_free(out.data);
}

#endif
