/* SPDX-License-Identifier: Apache-2.0 */
/* test_reconciler.c - the reconciler's thread against an API server: what it keeps. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "base/clock.h"
#include "reconciler_fixture.h"

/* --- the first start
 * ------------------------------------------------------------------
 */

CASE(a_first_start_makes_serves_and_publishes)
{
	struct replica r = {.options = options_for_tests()};
	struct certificates c;
	char bundle[BUNDLE_MAX], pem[PEM_MAX];

	start(&r);
	wait_ready(&r);
	assert_null(in_secret(&c).defect);
	served(&r, pem);
	assert_string_equal(pem, c.certificate);
	for (int webhook = 0; webhook < 2; webhook++) {
		decode_bundle(webhook, bundle);
		assert_string_equal(bundle, c.bundle);
	}
	assert_int_equal(atomic_load(&r.facts.certificates_made), 1);
	stop(&r);
}

CASE(what_else_the_secret_holds_stays)
{
	struct replica r = {.options = options_for_tests()};
	const cJSON *metadata;

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

CASE(a_restart_uses_what_is_there)
{
	struct replica r = {.options = options_for_tests()};
	char before[PEM_MAX], after[PEM_MAX];

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

CASE(replicas_that_start_together_agree)
{
	struct replica r[REPLICAS];
	char first[PEM_MAX], other[PEM_MAX];
	uint64_t made = 0;

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

CASE(a_write_that_came_second_is_made_again_on_what_is_there)
{
	struct replica r = {.options = options_for_tests()};

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

CASE(webhooks_that_change_places_get_the_ca_all_the_same)
{
	struct replica r = {.options = options_for_tests()};
	char bundle[BUNDLE_MAX], other[BUNDLE_MAX];

	API_SET(api.swaps = 2);
	start(&r);
	wait_ready(&r);
	stop(&r);
	assert_true(atomic_load(&r.facts.conflicts) >= 1);
	decode_bundle(0, bundle);
	decode_bundle(1, other);
	assert_string_equal(bundle, other);
}

CASE(a_bundle_that_somebody_damaged_is_put_back)
{
	struct replica r = {.options = options_for_tests()};
	char bundle[BUNDLE_MAX];

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

CASE(an_emptied_secret_is_filled_again)
{
	struct replica r = {.options = options_for_tests()};
	struct certificates c;

	start(&r);
	wait_ready(&r);
	const double expiry = tls_store_expiry(r.store);
	API_SET(cJSON_DeleteItemFromObject(api.secret, "data"); touch(api.secret));
	WAIT_FOR(atomic_load(&r.facts.certificates_made) == 2);
	stop(&r);
	assert_null(in_secret(&c).defect);
	assert_true(expiry > 0);
}

/* --- renewal
 * --------------------------------------------------------------------------
 */

CASE(a_certificate_is_renewed_before_it_expires)
{
	struct replica r = {.options = options_for_tests()};
	struct certificates c;

	r.options.certificate_lifetime_s = 6;
	start(&r);
	wait_ready(&r);
	const double expiry = tls_store_expiry(r.store);
	assert_true(expiry <= clock_wall() + 6);
	WAIT_FOR(tls_store_expiry(r.store) > expiry);
	assert_true(clock_wall() < expiry);
	stop(&r);
	assert_null(in_secret(&c).defect);
}

static bool serves(struct replica *r, const char *pem)
{
	char now[PEM_MAX];

	served(r, now);
	return strcmp(now, pem) == 0;
}

CASE(replicas_use_what_another_renewed)
{
	struct replica a = {.options = options_for_tests()}, b = a;
	char before[PEM_MAX], after[PEM_MAX];
	struct certificates c;

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
	assert_null(in_secret(&c).defect);
	assert_string_equal(c.certificate, after);
	stop(&a);
	stop(&b);
}

int main(void)
{
#define WITH_API(test) cmocka_unit_test_setup_teardown(test, api_up, api_down)
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
