/* SPDX-License-Identifier: Apache-2.0 */
/* test_rotation.c - certificates and CAs through years of their life. */
#include <stddef.h>
#include <stdint.h>

#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

#include "../support/testing.h"
#include "base/text.h"
#include "injector/certificates/rotation.h"

#define DAY  86400LL
#define YEAR (365 * DAY)

static const struct rotation usual = {
    .names = {.service = "dormouse-injector", .namespace = "dormouse-system"},
    .certificate_lifetime_s = 90 * DAY,
    .ca_lifetime_s = 10 * YEAR,
    .overlap_s = 3600,
};

/* --- a world in which only the clock moves
 * --------------------------------------------
 */

/* What one API server and one replica would have, besides the Secret. */
struct world {
	struct rotation r;
	int64_t now;
	struct certificates secret;
	struct certificate_info seen;
	int64_t published_at;       /* when the webhook configuration changed last */
	int64_t in_place_at;        /* since when it has been as it is */
	char published[BUNDLE_MAX]; /* in the webhook configuration */
	char published_before[BUNDLE_MAX]; /* what slow API servers still have */
	bool publishing; /* the webhook configuration can be changed */
	unsigned steps[ROTATION_STEPS];
};

static bool verifies(const char *certificate, const char *bundle, const char *name,
		     int64_t now)
{
	const gnutls_datum_t crt_pem = {(unsigned char *)certificate,
					(unsigned)strlen(certificate)};
	const gnutls_datum_t ca_pem = {(unsigned char *)bundle,
				       (unsigned)strlen(bundle)};
	gnutls_x509_trust_list_t list;
	gnutls_x509_crt_t crt, *cas = NULL;
	unsigned status = 1, count = 0;

	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, &crt_pem, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_x509_trust_list_init(&list, 0), 0);
	assert_true(gnutls_x509_crt_list_import2(&cas, &count, &ca_pem,
						 GNUTLS_X509_FMT_PEM, 0) >= 0);
	assert_int_equal(gnutls_x509_trust_list_add_cas(list, cas, count, 0),
			 (int)count);
	gnutls_free(cas);
	/* Expiry is judged here: GnuTLS only knows the real clock's. */
	gnutls_x509_trust_list_verify_crt2(
	    list, &crt, 1,
	    &(gnutls_typed_vdata_st){.type = GNUTLS_DT_KEY_PURPOSE_OID,
				     .data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER},
	    1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status, NULL);
	const bool named = gnutls_x509_crt_check_hostname(crt, name) != 0;
	const bool timely = gnutls_x509_crt_get_activation_time(crt) <= now &&
			    now < gnutls_x509_crt_get_expiration_time(crt);
	gnutls_x509_trust_list_deinit(list, 1);
	gnutls_x509_crt_deinit(crt);
	return status == 0 && named && timely;
}

/* Whether the one CA of the bundle that signed the certificate is valid now. */
static bool signer_valid(const struct world *w)
{
	const struct validity *v = &w->seen.ca[w->seen.signer];

	return v->not_before <= w->now && w->now < v->not_after;
}

static enum rotation_step reconciler_looks(struct world *w)
{
	struct error err;
	const char *why;
	const bool in_place = strcmp(w->secret.bundle, w->published) == 0;
	const enum rotation_step step = rotation_plan(
	    &w->r, &w->seen, w->now, in_place ? w->now - w->in_place_at : -1, &why);

	if (step != ROTATION_NOTHING) {
		w->steps[step]++;
		assert_true(why[0]);
		assert_int_equal(
		    rotation_take(&w->r, step, w->now, &w->seen, &w->secret, &err), 0);
		certificate_inspect(&w->secret, &w->r.names, &w->seen);
	}
	if (w->publishing && strcmp(w->secret.bundle, w->published) != 0) {
		memcpy(w->published_before, w->published, sizeof(w->published));
		memcpy(w->published, w->secret.bundle, sizeof(w->published));
		w->published_at = w->in_place_at = w->now;
	}
	return step;
}

/* What must hold at every moment. */
static void check(const struct world *w)
{
	static const char name[] = "dormouse-injector.dormouse-system.svc";

	assert_null(w->seen.defect);
	assert_true(w->seen.cas >= 1 && w->seen.cas <= BUNDLE_CAS);
	assert_true(signer_valid(w));
	assert_true(verifies(w->secret.certificate, w->published, name, w->now));
	/* API servers that have not heard of the last change yet. */
	if (w->now < w->published_at + w->r.overlap_s && w->published_before[0])
		assert_true(
		    verifies(w->secret.certificate, w->published_before, name, w->now));
}

static void begin(struct world *w, const struct rotation *r)
{
	*w = (struct world){.r = *r, .now = 1800000000, .publishing = true};
	certificate_inspect(&w->secret, &w->r.names, &w->seen);
	assert_int_equal(reconciler_looks(w), ROTATION_ANEW);
	check(w);
}

/* Lives on for so long, a look each `every`, and all of it checked when something was
 * done and once between. */
static void live(struct world *w, int64_t duration_s, int64_t every)
{
	const int64_t end = w->now + duration_s;
	int64_t checked = w->now;

	while (w->now < end) {
		w->now += every;
		const bool changed = reconciler_looks(w) != ROTATION_NOTHING;
		if (changed || w->now - checked > w->r.certificate_lifetime_s / 10) {
			check(w);
			checked = w->now;
		}
	}
}

/* --- decades
 * --------------------------------------------------------------------------
 */

CASE(thirty_years_pass_without_a_moment_that_does_not_verify)
{
	struct world w;

	begin(&w, &usual);
	live(&w, 30 * YEAR, 900);

	assert_int_equal(w.steps[ROTATION_ANEW], 1);
	assert_int_equal(w.steps[ROTATION_CA], 4); /* each 6.67 years */
	assert_int_equal(w.steps[ROTATION_TRIM], 4);
	assert_in_range(w.steps[ROTATION_CERTIFICATE], 175, 190); /* each 60 days */
}

CASE(short_lives_pass_as_well)
{
	struct rotation r = usual;
	struct world w;

	r.certificate_lifetime_s = 30;
	r.ca_lifetime_s = 300;
	r.overlap_s = rotation_overlap_s(&r, rotation_interval_s(&r, 60));
	assert_in_range(r.overlap_s, 2, 6);
	begin(&w, &r);
	live(&w, 3600, 1);
	assert_int_equal(w.steps[ROTATION_ANEW], 1);
	assert_in_range(w.steps[ROTATION_CA], 17, 19);
}

CASE(a_certificate_that_would_outlive_its_ca_ends_with_it)
{
	struct rotation r = usual;
	struct world w;

	r.certificate_lifetime_s = 366 * DAY;
	r.ca_lifetime_s = 60 * DAY;
	r.overlap_s = rotation_overlap_s(&r, 60);
	begin(&w, &r);
	assert_int_equal(w.seen.certificate.not_after, w.seen.ca[0].not_after);
	live(&w, 2 * YEAR, 600);
	assert_int_equal(w.steps[ROTATION_ANEW], 1);
}

CASE(a_reconciler_that_is_away_for_weeks_breaks_nothing)
{
	struct world w;

	begin(&w, &usual);
	for (int64_t decade = 0; decade < 2; decade++)
		for (int64_t i = 0; i < 10 * 365 / 29; i++)
			live(&w, 29 * DAY, 29 * DAY);
	assert_int_equal(w.steps[ROTATION_ANEW], 1);
	assert_in_range(w.steps[ROTATION_CA], 2, 3);
}

/* --- the overlap
 * ----------------------------------------------------------------------
 */

/* To the moment at which a new CA was put in front. */
static void begin_overlap(struct world *w)
{
	begin(w, &usual);
	while (w->steps[ROTATION_CA] == 0)
		live(w, 3600, 600);
	assert_int_equal(w->seen.cas, 2);
	assert_int_equal(w->seen.signer, 1);
}

CASE(the_old_cas_last_certificate_is_made_with_the_new_ca)
{
	struct world w;

	begin_overlap(&w);
	assert_true(w.now - validity_issued(&w.seen.certificate) < 3600);
}

CASE(the_new_ca_signs_only_when_its_bundle_was_in_place_for_long)
{
	struct world w;
	const char *why;

	begin_overlap(&w);
	assert_int_equal(rotation_plan(&w.r, &w.seen, w.now, -1, &why),
			 ROTATION_NOTHING);
	assert_int_equal(rotation_plan(&w.r, &w.seen, w.now, 0, &why),
			 ROTATION_NOTHING);
	assert_int_equal(rotation_plan(&w.r, &w.seen, w.now, w.r.overlap_s - 1, &why),
			 ROTATION_NOTHING);
	assert_int_equal(rotation_plan(&w.r, &w.seen, w.now, w.r.overlap_s, &why),
			 ROTATION_CERTIFICATE);
}

CASE(a_bundle_that_cannot_be_published_keeps_the_old_ca_in_use)
{
	struct world w;

	begin(&w, &usual);
	w.publishing = false;
	while (w.steps[ROTATION_CA] == 0)
		live(&w, 3600, 600);
	live(&w, 80 * DAY, 600);
	assert_int_equal(w.seen.signer, 1);
	w.publishing = true;
	live(&w, 7200, 600);
	assert_int_equal(w.seen.signer, 0);
}

static void a_bundle_that_is_taken_away_again_and_again_ends_no_certificate(
    void **state)
{
	struct world w;

	(void)state;
	begin_overlap(&w);
	for (int64_t end = w.now + 2 * w.r.certificate_lifetime_s; w.now < end;) {
		w.in_place_at = w.now; /* somebody took it away, we put it back */
		live(&w, 900, 900);
		assert_true(w.now < w.seen.certificate.not_after);
	}
	assert_int_equal(w.seen.signer, 0);
	assert_int_equal(w.steps[ROTATION_ANEW], 1);
}

CASE(the_old_ca_goes_when_all_that_it_signed_has_expired)
{
	struct world w;

	begin_overlap(&w);
	live(&w, 89 * DAY, 3600);
	assert_int_equal(w.seen.cas, 2);
	live(&w, 2 * DAY, 3600);
	assert_int_equal(w.seen.cas, 1);
	assert_int_equal(w.seen.signer, 0);
}

CASE(a_lost_ca_key_leads_to_a_new_ca_beside_the_old_one)
{
	struct world w;

	begin(&w, &usual);
	w.secret.ca_key[0] = '\0';
	certificate_inspect(&w.secret, &w.r.names, &w.seen);
	live(&w, 600, 600);
	assert_int_equal(w.steps[ROTATION_CA], 1);
	assert_int_equal(w.seen.cas, 2);
	/* And again, before the overlap is over. */
	w.secret.ca_key[0] = '\0';
	certificate_inspect(&w.secret, &w.r.names, &w.seen);
	live(&w, 600, 600);
	assert_int_equal(w.seen.cas, 2);
	live(&w, 1 * DAY, 600);
	assert_int_equal(w.seen.signer, 0);
	assert_int_equal(w.steps[ROTATION_ANEW], 1);
}

/* --- what is of no use
 * ----------------------------------------------------------------
 */

static enum rotation_step plan_of(const struct world *w, const struct certificates *c)
{
	struct certificate_info seen;
	const char *why;

	certificate_inspect(c, &w->r.names, &seen);
	return rotation_plan(&w->r, &seen, w->now, 1 << 30, &why);
}

CASE(what_is_missing_or_broken_is_made_again)
{
	struct world w, other;
	struct certificates c;

	begin(&w, &usual);
	begin(&other, &usual);
	assert_int_equal(plan_of(&w, &w.secret), ROTATION_NOTHING);

	c = w.secret;
	snprintf(c.bundle, sizeof(c.bundle), "no PEM");
	assert_int_equal(plan_of(&w, &c), ROTATION_ANEW);
	c = w.secret;
	memcpy(c.bundle, other.secret.bundle, sizeof(c.bundle));
	assert_int_equal(plan_of(&w, &c), ROTATION_ANEW); /* and another's CA key */
	c = w.secret;
	c.certificate[0] = '\0';
	assert_int_equal(plan_of(&w, &c), ROTATION_CERTIFICATE);
	c = w.secret;
	c.certificate[strlen(c.certificate) / 2] = '!';
	assert_int_equal(plan_of(&w, &c), ROTATION_CERTIFICATE);
	c = w.secret;
	memcpy(c.key, other.secret.key, sizeof(c.key));
	assert_int_equal(plan_of(&w, &c), ROTATION_CERTIFICATE);
	c = w.secret;
	memcpy(c.key, other.secret.key, sizeof(c.key));
	memcpy(c.certificate, other.secret.certificate, sizeof(c.certificate));
	assert_int_equal(plan_of(&w, &c), ROTATION_CERTIFICATE); /* not our CA's */
}

CASE(a_certificate_for_other_names_is_made_again)
{
	struct world w;

	begin(&w, &usual);
	w.r.names.namespace = "elsewhere";
	assert_int_equal(plan_of(&w, &w.secret), ROTATION_CERTIFICATE);
	w.r.names = usual.names;
	w.r.names.service = "another";
	assert_int_equal(plan_of(&w, &w.secret), ROTATION_CERTIFICATE);
}

CASE(what_has_expired_is_made_again)
{
	struct world w;

	begin(&w, &usual);
	w.now += 91 * DAY;
	assert_int_equal(plan_of(&w, &w.secret), ROTATION_CERTIFICATE);
	w.now += 10 * YEAR;
	assert_int_equal(plan_of(&w, &w.secret), ROTATION_ANEW);
	w.now -= 20 * YEAR; /* or a clock that is wrong */
	assert_int_equal(plan_of(&w, &w.secret), ROTATION_ANEW);
}

CASE(a_lifetime_that_was_shortened_counts_at_once)
{
	struct world w;

	begin(&w, &usual);
	w.now += 2 * DAY;
	assert_int_equal(plan_of(&w, &w.secret), ROTATION_NOTHING);
	w.r.certificate_lifetime_s = 2 * DAY;
	assert_int_equal(plan_of(&w, &w.secret), ROTATION_CERTIFICATE);
	w.r.certificate_lifetime_s = 366 * DAY; /* a longer one from the next one on */
	assert_int_equal(plan_of(&w, &w.secret), ROTATION_NOTHING);
}

CASE(a_bundle_that_others_filled_is_cut)
{
	struct world w, other;
	struct error err;
	char bundle[BUNDLE_MAX];

	begin(&w, &usual);
	begin(&other, &usual);
	for (unsigned i = 0; i < 4; i++) {
		struct text t = text_over(bundle, sizeof(bundle));
		text_put(&t, w.secret.bundle);
		text_put(&t, other.secret.bundle);
		memcpy(w.secret.bundle, bundle, sizeof(bundle));
	}
	certificate_inspect(&w.secret, &w.r.names, &w.seen);
	assert_true(w.seen.more);
	assert_int_equal(w.seen.cas, BUNDLE_CAS);
	w.now += 92 * DAY;
	assert_int_equal(certificates_make(w.secret.bundle, w.secret.ca_key, &w.r.names,
					   &(struct validity){w.now, w.now + 90 * DAY},
					   w.secret.certificate, w.secret.key, &err),
			 0);
	certificate_inspect(&w.secret, &w.r.names, &w.seen);
	assert_int_equal(reconciler_looks(&w), ROTATION_TRIM);
	assert_int_equal(w.seen.cas, 1);
	assert_false(w.seen.more);
}

CASE(looks_are_frequent_enough_for_short_lives)
{
	struct rotation r = usual;

	assert_float_equal(rotation_interval_s(&r, 60), 60, 0);
	assert_int_equal(rotation_overlap_s(&r, 60), 3600);
	r.certificate_lifetime_s = 10;
	assert_float_equal(rotation_interval_s(&r, 60), 0.5, 0);
	assert_int_equal(rotation_overlap_s(&r, 0.5), 2);
	r = usual;
	r.ca_lifetime_s = 3600; /* looks count when they are rare */
	assert_int_equal(rotation_overlap_s(&r, 3600), 9001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(thirty_years_pass_without_a_moment_that_does_not_verify),
	    cmocka_unit_test(short_lives_pass_as_well),
	    cmocka_unit_test(a_certificate_that_would_outlive_its_ca_ends_with_it),
	    cmocka_unit_test(a_reconciler_that_is_away_for_weeks_breaks_nothing),
	    cmocka_unit_test(the_old_cas_last_certificate_is_made_with_the_new_ca),
	    cmocka_unit_test(
		the_new_ca_signs_only_when_its_bundle_was_in_place_for_long),
	    cmocka_unit_test(a_bundle_that_cannot_be_published_keeps_the_old_ca_in_use),
	    cmocka_unit_test(
		a_bundle_that_is_taken_away_again_and_again_ends_no_certificate),
	    cmocka_unit_test(the_old_ca_goes_when_all_that_it_signed_has_expired),
	    cmocka_unit_test(a_lost_ca_key_leads_to_a_new_ca_beside_the_old_one),
	    cmocka_unit_test(what_is_missing_or_broken_is_made_again),
	    cmocka_unit_test(a_certificate_for_other_names_is_made_again),
	    cmocka_unit_test(what_has_expired_is_made_again),
	    cmocka_unit_test(a_lifetime_that_was_shortened_counts_at_once),
	    cmocka_unit_test(a_bundle_that_others_filled_is_cut),
	    cmocka_unit_test(looks_are_frequent_enough_for_short_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
