/* SPDX-License-Identifier: Apache-2.0 */
/* test_inject_keeper.c - the keeper's thread against an API server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/x509.h>
#include <sys/stat.h>

#include "../../sidecar/inject/keeper.h"

#include "api_server.h"

#include <cmocka.h>

#define SOON_S   20 /* what is waited for comes in far less */
#define REPLICAS 5

struct replica {
	struct injector_options options;
	struct keeper_facts facts;
	struct tls_store *store;
	struct keeper *keeper;
};

static void start(struct replica *r)
{
	struct error err;

	memset(&r->facts, 0, sizeof(r->facts));
	r->store = tls_store_new(&err);
	assert_non_null(r->store);
	r->keeper = keeper_start(&r->options, r->store, &r->facts, &err);
	if (!r->keeper)
		fail_msg("%s", err.text);
}

static struct injector_options options_for_tests(void)
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

static void stop(struct replica *r)
{
	keeper_stop(r->keeper);
	tls_store_free(r->store);
}

#define WAIT_FOR(condition)                                                            \
	do {                                                                           \
		const double until_ = wall_clock() + SOON_S;                           \
		bool holds_ = false;                                                   \
		while (!holds_ && wall_clock() < until_) {                             \
			pthread_mutex_lock(&api.lock);                                 \
			holds_ = (condition);                                          \
			pthread_mutex_unlock(&api.lock);                               \
			if (!holds_)                                                   \
				usleep(5000);                                          \
		}                                                                      \
		assert_true(holds_);                                                   \
	} while (0)

static bool ready(struct replica *r)
{
	return atomic_load(&r->facts.webhook_ready) && tls_store_ready(r->store);
}

static void wait_ready(struct replica *r)
{
	WAIT_FOR(ready(r));
}

/* The certificate that a handshake would get now, as PEM. */
static void served(struct replica *r, char pem[PEM_MAX])
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
static struct certificates_seen in_secret(struct certificates *c)
{
	static const struct certificate_names names = {"svc", "ns"};
	struct certificates_seen seen;

	pthread_mutex_lock(&api.lock);
	secret_read(api.secret, c);
	pthread_mutex_unlock(&api.lock);
	certificates_look(c, &names, &seen);
	return seen;
}

static void decode_bundle(int webhook, char bundle[BUNDLE_MAX])
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

/* --- the first start
 * ------------------------------------------------------------------
 */

static void a_first_start_makes_serves_and_publishes(void **state)
{
	struct replica r = {.options = options_for_tests()};
	struct certificates c;
	char bundle[BUNDLE_MAX], pem[PEM_MAX];

	(void)state;
	start(&r);
	wait_ready(&r);
	assert_null(in_secret(&c).flaw);
	served(&r, pem);
	assert_string_equal(pem, c.certificate);
	for (int webhook = 0; webhook < 2; webhook++) {
		decode_bundle(webhook, bundle);
		assert_string_equal(bundle, c.bundle);
	}
	assert_int_equal(atomic_load(&r.facts.certificates_made), 1);
	stop(&r);
}

static void what_else_the_secret_holds_stays(void **state)
{
	struct replica r = {.options = options_for_tests()};
	const cJSON *metadata;

	(void)state;
	start(&r);
	wait_ready(&r);
	stop(&r);
	metadata = json_member(api.secret, "metadata");
	assert_string_equal(json_text(json_member(api.secret, "data"), "other"),
			    "a2VwdA==");
	assert_string_equal(json_text(json_member(metadata, "labels"), "app"), "x");
	assert_string_equal(json_text(json_member(metadata, "annotations"), "a/b"),
			    "kept");
	assert_string_equal(json_text(api.secret, "type"), "Opaque");
}

static void a_restart_uses_what_is_there(void **state)
{
	struct replica r = {.options = options_for_tests()};
	char before[PEM_MAX], after[PEM_MAX];

	(void)state;
	start(&r);
	wait_ready(&r);
	served(&r, before);
	stop(&r);
	const unsigned puts = api.puts, patches = api.patches;
	start(&r);
	wait_ready(&r);
	served(&r, after);
	stop(&r);
	assert_string_equal(before, after);
	assert_int_equal(api.puts, puts);
	assert_int_equal(api.patches, patches);
}

static void replicas_that_start_together_agree(void **state)
{
	struct replica r[REPLICAS];
	char first[PEM_MAX], other[PEM_MAX];
	uint64_t made = 0;

	(void)state;
	for (unsigned i = 0; i < REPLICAS; i++) {
		r[i].options = options_for_tests();
		start(&r[i]);
	}
	for (unsigned i = 0; i < REPLICAS; i++) {
		wait_ready(&r[i]);
		served(&r[i], i ? other : first);
		if (i)
			assert_string_equal(first, other);
		made += atomic_load(&r[i].facts.certificates_made);
	}
	assert_int_equal(made, 1);
	for (unsigned i = 0; i < REPLICAS; i++)
		stop(&r[i]);
}

/* --- others write at the same time
 * ----------------------------------------------------
 */

static void a_write_that_came_second_is_made_again_on_what_is_there(void **state)
{
	struct replica r = {.options = options_for_tests()};

	(void)state;
	api.rivals = 2;
	start(&r);
	wait_ready(&r);
	assert_true(atomic_load(&r.facts.conflicts) >= 2);
	assert_int_equal(atomic_load(&r.facts.request_failures), 0);
	stop(&r);
	assert_string_equal(
	    json_text(json_member(json_member(api.secret, "metadata"), "labels"),
		      "rival"),
	    "was-here");
}

static void webhooks_that_change_places_get_the_ca_all_the_same(void **state)
{
	struct replica r = {.options = options_for_tests()};
	char bundle[BUNDLE_MAX], other[BUNDLE_MAX];

	(void)state;
	API_SET(api.swaps = 2);
	start(&r);
	wait_ready(&r);
	stop(&r);
	assert_true(atomic_load(&r.facts.conflicts) >= 1);
	decode_bundle(0, bundle);
	decode_bundle(1, other);
	assert_string_equal(bundle, other);
}

static void a_bundle_that_somebody_damaged_is_put_back(void **state)
{
	struct replica r = {.options = options_for_tests()};
	char bundle[BUNDLE_MAX];

	(void)state;
	start(&r);
	wait_ready(&r);
	const unsigned patches = api.patches;
	API_SET(cJSON_DeleteItemFromObject(
	    json_member(cJSON_GetArrayItem(json_member(api.config, "webhooks"), 1),
			"clientConfig"),
	    "caBundle"));
	WAIT_FOR(api.patches == patches + 1);
	stop(&r);
	decode_bundle(1, bundle);
	assert_non_null(strstr(bundle, "BEGIN CERTIFICATE"));
}

static void an_emptied_secret_is_filled_again(void **state)
{
	struct replica r = {.options = options_for_tests()};
	struct certificates c;

	(void)state;
	start(&r);
	wait_ready(&r);
	const double expiry = tls_store_expiry(r.store);
	API_SET(cJSON_DeleteItemFromObject(api.secret, "data"); touch(api.secret));
	WAIT_FOR(atomic_load(&r.facts.certificates_made) == 2);
	stop(&r);
	assert_null(in_secret(&c).flaw);
	assert_true(expiry > 0);
}

/* --- renewal
 * --------------------------------------------------------------------------
 */

static void a_certificate_is_renewed_before_it_expires(void **state)
{
	struct replica r = {.options = options_for_tests()};
	struct certificates c;

	(void)state;
	r.options.certificate_lifetime_s = 6;
	start(&r);
	wait_ready(&r);
	const double expiry = tls_store_expiry(r.store);
	assert_true(expiry <= wall_clock() + 6);
	WAIT_FOR(tls_store_expiry(r.store) > expiry);
	assert_true(wall_clock() < expiry);
	stop(&r);
	assert_null(in_secret(&c).flaw);
}

static bool serves(struct replica *r, const char *pem)
{
	char now[PEM_MAX];

	served(r, now);
	return strcmp(now, pem) == 0;
}

static void replicas_use_what_another_renewed(void **state)
{
	struct replica a = {.options = options_for_tests()}, b = a;
	char before[PEM_MAX], after[PEM_MAX];
	struct certificates c;

	(void)state;
	start(&a);
	start(&b);
	wait_ready(&a);
	wait_ready(&b);
	served(&a, before);
	API_SET(cJSON_DeleteItemFromObject(json_member(api.secret, "data"), "tls.crt");
		touch(api.secret));
	WAIT_FOR(!serves(&a, before) && !serves(&b, before));
	served(&a, after);
	assert_true(serves(&b, after));
	assert_int_equal(atomic_load(&a.facts.certificates_made) +
			     atomic_load(&b.facts.certificates_made),
			 2);
	assert_null(in_secret(&c).flaw);
	assert_string_equal(c.certificate, after);
	stop(&a);
	stop(&b);
}

/* --- troubles
 * -------------------------------------------------------------------------
 */

static void an_outage_is_survived_and_ends(void **state)
{
	struct replica r = {.options = options_for_tests()};
	const uint16_t port = api_port();

	(void)state;
	start(&r);
	wait_ready(&r);
	MHD_stop_daemon(api.daemon);
	WAIT_FOR(atomic_load(&r.facts.request_failures) >= 2);
	assert_true(ready(&r));
	api_listen(port);
	const unsigned requests = api.requests;
	WAIT_FOR(api.requests >= requests + 2);
	stop(&r);
}

static void errors_of_the_server_are_tried_again(void **state)
{
	struct replica r = {.options = options_for_tests()};

	(void)state;
	API_SET(api.broken = 5);
	start(&r);
	wait_ready(&r);
	assert_int_equal(atomic_load(&r.facts.request_failures), 5);
	stop(&r);
}

static void a_secret_that_is_made_late_is_found(void **state)
{
	struct replica r = {.options = options_for_tests()};
	cJSON *secret = api.secret;

	(void)state;
	api.secret = NULL;
	start(&r);
	WAIT_FOR(atomic_load(&r.facts.request_failures) >= 1);
	assert_false(ready(&r));
	API_SET(api.secret = secret);
	wait_ready(&r);
	stop(&r);
}

static void a_secret_that_cannot_be_read_publishes_nothing(void **state)
{
	struct replica r = {.options = options_for_tests()};
	cJSON *secret = api.secret;

	(void)state;
	api.secret = NULL;
	start(&r);
	WAIT_FOR(atomic_load(&r.facts.request_failures) >= 3);
	stop(&r);
	assert_int_equal(api.patches, 0);
	api.secret = secret;
}

static void who_cannot_read_the_secret_publishes_no_old_bundle(void **state)
{
	struct replica r = {.options = options_for_tests()};
	cJSON *secret;

	(void)state;
	start(&r);
	wait_ready(&r);
	API_SET(secret = api.secret; api.secret = NULL);
	WAIT_FOR(atomic_load(&r.facts.request_failures) >= 1);
	const unsigned patches = api.patches;
	API_SET(cJSON_DeleteItemFromObject(
	    json_member(cJSON_GetArrayItem(json_member(api.config, "webhooks"), 0),
			"clientConfig"),
	    "caBundle"));
	WAIT_FOR(atomic_load(&r.facts.request_failures) >= 4);
	assert_int_equal(api.patches, patches);
	API_SET(api.secret = secret);
	WAIT_FOR(api.patches == patches + 1);
	stop(&r);
}

static void it_stops_while_the_server_keeps_it_waiting(void **state)
{
	struct replica r = {.options = options_for_tests()};

	(void)state;
	API_SET(api.stall_s = 4.5);
	start(&r);
	usleep(300000);
	const double began = wall_clock();
	stop(&r);
	assert_true(wall_clock() - began < 4);
	API_SET(api.stall_s = 0);
}

static void names_that_are_none_are_refused(void **state)
{
	struct replica r = {.options = options_for_tests()};
	struct error err;

	(void)state;
	snprintf(r.options.secret, sizeof(r.options.secret), "../configmaps/x");
	assert_null(keeper_start(&r.options, NULL, &r.facts, &err));
	assert_non_null(strstr(err.text, "--secret"));
	r.options = options_for_tests();
	r.options.namespace[0] = '\0';
	assert_null(keeper_start(&r.options, NULL, &r.facts, &err));
	assert_non_null(strstr(err.text, "--namespace"));
}

/* --- native sidecars
 * ------------------------------------------------------------------
 */

static bool native_for(const char *major, const char *minor)
{
	struct replica r = {.options = options_for_tests()};

	snprintf(api.version, sizeof(api.version),
		 "{\"major\":\"%s\",\"minor\":\"%s\"}", major, minor);
	start(&r);
	wait_ready(&r);
	const bool native = atomic_load(&r.facts.native);
	stop(&r);
	return native;
}

static void sidecars_are_native_from_1_29_on(void **state)
{
	(void)state;
	assert_false(native_for("1", "20"));
	assert_false(native_for("1", "28+"));
	assert_true(native_for("1", "29"));
	assert_true(native_for("1", "29+"));
	assert_true(native_for("1", "36"));
	assert_true(native_for("2", "0"));
}

static void a_version_that_cannot_be_told_means_plain_containers(void **state)
{
	(void)state;
	assert_false(native_for("", ""));
	assert_false(native_for("1", "-3"));
	assert_false(native_for("x", "99"));
}

static void who_is_told_does_not_ask(void **state)
{
	struct replica r = {.options = options_for_tests()};

	(void)state;
	r.options.native = NATIVE_YES;
	start(&r);
	wait_ready(&r);
	assert_true(atomic_load(&r.facts.native));
	assert_int_equal(atomic_load(&r.facts.minor), 0);
	stop(&r);
	r.options.native = NATIVE_NO;
	start(&r);
	wait_ready(&r);
	assert_false(atomic_load(&r.facts.native));
	stop(&r);
}

/* --- files
 * ----------------------------------------------------------------------------
 */

/* A folder as the kubelet makes it: "..data" leads to the folder of the day. */
static void put_day(const char *day, const struct certificates *c)
{
	char path[256], link[256];

	snprintf(path, sizeof(path), "%s/%s", api.folder, day);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/tls.crt", api.folder, day);
	write_file(path, c->certificate);
	snprintf(path, sizeof(path), "%s/%s/tls.key", api.folder, day);
	write_file(path, c->key);
	snprintf(path, sizeof(path), "%s/..tmp", api.folder);
	snprintf(link, sizeof(link), "%s/..data", api.folder);
	assert_int_equal(symlink(day, path), 0);
	assert_int_equal(rename(path, link), 0);
}

static struct injector_options options_with_files(void)
{
	struct injector_options o = options_for_tests();

	snprintf(o.tls_cert_file, sizeof(o.tls_cert_file), "%s/..data/tls.crt",
		 api.folder);
	snprintf(o.tls_key_file, sizeof(o.tls_key_file), "%s/..data/tls.key",
		 api.folder);
	return o;
}

static int files_down(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", api.folder);
	assert_int_equal(system(command), 0);
	return api_down(state);
}

static struct certificates made_for(int64_t lifetime_s)
{
	const struct certificate_names names = {"svc", "ns"};
	const struct validity v = validity_of((int64_t)wall_clock(), lifetime_s);
	struct certificates c = api.own;
	struct error err;

	assert_int_equal(certificates_make(api.own.bundle, api.own.ca_key, &names, &v,
					   c.certificate, c.key, &err),
			 0);
	return c;
}

static void files_are_read_again_when_they_change(void **state)
{
	struct certificates first = made_for(1000), second = made_for(2000);
	struct replica r = {.options = options_with_files()};
	char pem[PEM_MAX];

	(void)state;
	put_day("monday", &first);
	start(&r);
	wait_ready(&r);
	served(&r, pem);
	assert_string_equal(pem, first.certificate);
	const double expiry = tls_store_expiry(r.store);
	put_day("tuesday", &second);
	WAIT_FOR(tls_store_expiry(r.store) > expiry);
	served(&r, pem);
	assert_string_equal(pem, second.certificate);
	stop(&r);
	assert_int_equal(api.puts + api.patches, 0);
}

static void a_broken_pair_leaves_the_old_one_in_use(void **state)
{
	struct certificates first = made_for(1000), broken = made_for(2000),
			    third = made_for(3000);
	struct replica r = {.options = options_with_files()};
	char pem[PEM_MAX];

	(void)state;
	put_day("monday", &first);
	start(&r);
	wait_ready(&r);
	const double expiry = tls_store_expiry(r.store);
	memcpy(broken.key, third.key, sizeof(broken.key));
	put_day("tuesday", &broken);
	/* Some looks later: */
	usleep(900000);
	served(&r, pem);
	assert_string_equal(pem, first.certificate);
	put_day("wednesday", &third);
	WAIT_FOR(tls_store_expiry(r.store) > expiry);
	stop(&r);
}

static void files_that_come_late_are_found(void **state)
{
	struct certificates c = made_for(1000);
	struct replica r = {.options = options_with_files()};

	(void)state;
	start(&r);
	WAIT_FOR(atomic_load(&r.facts.native));
	assert_false(tls_store_ready(r.store));
	put_day("monday", &c);
	wait_ready(&r);
	stop(&r);
}

static void files_need_no_api_server(void **state)
{
	struct certificates c = made_for(1000);
	struct replica r = {.options = options_with_files()};

	(void)state;
	put_day("monday", &c);
	r.options.api_server[0] = '\0';
	unsetenv("KUBERNETES_SERVICE_HOST");
	start(&r);
	wait_ready(&r);
	assert_false(atomic_load(&r.facts.native));
	stop(&r);
	assert_int_equal(api.requests, 0);
}

int main(void)
{
#define WITH_API(test)   cmocka_unit_test_setup_teardown(test, api_up, api_down)
#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, api_up, files_down)
	const struct CMUnitTest tests[] = {
	    WITH_API(a_first_start_makes_serves_and_publishes),
	    WITH_API(what_else_the_secret_holds_stays),
	    WITH_API(a_restart_uses_what_is_there),
	    WITH_API(replicas_that_start_together_agree),
	    WITH_API(a_write_that_came_second_is_made_again_on_what_is_there),
	    WITH_API(webhooks_that_change_places_get_the_ca_all_the_same),
	    WITH_API(a_bundle_that_somebody_damaged_is_put_back),
	    WITH_API(an_emptied_secret_is_filled_again),
	    WITH_API(a_certificate_is_renewed_before_it_expires),
	    WITH_API(replicas_use_what_another_renewed),
	    WITH_API(an_outage_is_survived_and_ends),
	    WITH_API(errors_of_the_server_are_tried_again),
	    WITH_API(a_secret_that_is_made_late_is_found),
	    WITH_API(a_secret_that_cannot_be_read_publishes_nothing),
	    WITH_API(who_cannot_read_the_secret_publishes_no_old_bundle),
	    WITH_API(it_stops_while_the_server_keeps_it_waiting),
	    WITH_API(names_that_are_none_are_refused),
	    WITH_API(sidecars_are_native_from_1_29_on),
	    WITH_API(a_version_that_cannot_be_told_means_plain_containers),
	    WITH_API(who_is_told_does_not_ask),
	    WITH_FILES(files_are_read_again_when_they_change),
	    WITH_FILES(a_broken_pair_leaves_the_old_one_in_use),
	    WITH_FILES(files_that_come_late_are_found),
	    WITH_FILES(files_need_no_api_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
