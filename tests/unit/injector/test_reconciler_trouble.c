/* SPDX-License-Identifier: Apache-2.0 */
/* test_reconciler_trouble.c - the reconciler's thread when things go wrong, and without
 * a Secret. */
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>

#include "../support/testing.h"
#include "base/clock.h"
#include "reconciler_fixture.h"

/* --- troubles
 * -------------------------------------------------------------------------
 */

CASE(an_outage_is_survived_and_ends)
{
	struct replica r = {.options = options_for_tests()};
	const uint16_t port = api_port();

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

CASE(errors_of_the_server_are_tried_again)
{
	struct replica r = {.options = options_for_tests()};

	API_SET(api.broken = 5);
	start(&r);
	wait_ready(&r);
	assert_int_equal(atomic_load(&r.facts.request_failures), 5);
	stop(&r);
}

CASE(a_secret_that_is_made_late_is_found)
{
	struct replica r = {.options = options_for_tests()};
	cJSON *secret = api.secret;

	api.secret = NULL;
	start(&r);
	WAIT_FOR(atomic_load(&r.facts.request_failures) >= 1);
	assert_false(ready(&r));
	API_SET(api.secret = secret);
	wait_ready(&r);
	stop(&r);
}

CASE(a_secret_that_cannot_be_read_publishes_nothing)
{
	struct replica r = {.options = options_for_tests()};
	cJSON *secret = api.secret;

	api.secret = NULL;
	start(&r);
	WAIT_FOR(atomic_load(&r.facts.request_failures) >= 3);
	stop(&r);
	assert_int_equal(api.patches, 0);
	api.secret = secret;
}

CASE(who_cannot_read_the_secret_publishes_no_old_bundle)
{
	struct replica r = {.options = options_for_tests()};
	cJSON *secret;

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

CASE(it_stops_while_the_server_keeps_it_waiting)
{
	struct replica r = {.options = options_for_tests()};

	API_SET(api.stall_s = 4.5);
	start(&r);
	usleep(300000);
	const double began = clock_wall();
	stop(&r);
	assert_true(clock_wall() - began < 4);
	API_SET(api.stall_s = 0);
}

CASE(names_that_are_none_are_refused)
{
	struct replica r = {.options = options_for_tests()};
	struct error err;

	snprintf(r.options.secret, sizeof(r.options.secret), "../configmaps/x");
	assert_null(reconciler_start(&r.options, NULL, &r.facts, &err));
	assert_non_null(strstr(err.text, "--secret"));
	r.options = options_for_tests();
	r.options.namespace[0] = '\0';
	assert_null(reconciler_start(&r.options, NULL, &r.facts, &err));
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

CASE(sidecars_are_native_from_1_29_on)
{
	assert_false(native_for("1", "20"));
	assert_false(native_for("1", "28+"));
	assert_true(native_for("1", "29"));
	assert_true(native_for("1", "29+"));
	assert_true(native_for("1", "36"));
	assert_true(native_for("2", "0"));
}

CASE(a_version_that_cannot_be_told_means_plain_containers)
{
	assert_false(native_for("", ""));
	assert_false(native_for("1", "-3"));
	assert_false(native_for("x", "99"));
}

CASE(who_is_told_does_not_ask)
{
	struct replica r = {.options = options_for_tests()};

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
	const struct validity v = validity_of((int64_t)clock_wall(), lifetime_s);
	struct certificates c = api.own;
	struct error err;

	assert_int_equal(certificates_make(api.own.bundle, api.own.ca_key, &names, &v,
					   c.certificate, c.key, &err),
			 0);
	return c;
}

CASE(files_are_read_again_when_they_change)
{
	struct certificates first = made_for(1000), second = made_for(2000);
	struct replica r = {.options = options_with_files()};
	char pem[PEM_MAX];

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

CASE(a_broken_pair_leaves_the_old_one_in_use)
{
	struct certificates first = made_for(1000), broken = made_for(2000),
			    third = made_for(3000);
	struct replica r = {.options = options_with_files()};
	char pem[PEM_MAX];

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

CASE(files_that_come_late_are_found)
{
	struct certificates c = made_for(1000);
	struct replica r = {.options = options_with_files()};

	start(&r);
	WAIT_FOR(atomic_load(&r.facts.native));
	assert_false(tls_store_ready(r.store));
	put_day("monday", &c);
	wait_ready(&r);
	stop(&r);
}

CASE(files_need_no_api_server)
{
	struct certificates c = made_for(1000);
	struct replica r = {.options = options_with_files()};

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
