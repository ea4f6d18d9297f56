/* SPDX-License-Identifier: Apache-2.0 */
/* rotation.c - decides when to replace certificates and CAs, and does it. */
#include "rotation.h"

#include <stddef.h>

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* --- when ---------------------------------------------------------------------------
 */

double rotation_interval_s(const struct rotation *r, double check_s)
{
	const double lives[] = {(double)r->certificate_lifetime_s / 20,
				(double)r->ca_lifetime_s / 40};

	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++)
		if (check_s > lives[i])
			check_s = lives[i];
	return check_s < 0.2 ? 0.2 : check_s;
}

int64_t rotation_overlap_s(const struct rotation *r, double interval_s)
{
	const int64_t overlap =
	    least(3600, least(r->ca_lifetime_s / 20, r->certificate_lifetime_s / 6));
	const int64_t looks = (int64_t)(2.5 * interval_s) + 1; /* two jittered checks */

	return overlap > looks ? overlap : looks;
}

static bool valid(const struct validity *v, int64_t now)
{
	return v->not_before <= now && now < v->not_after;
}

/* Whether two thirds of its lifetime are over, or of the configured lifetime if that is
 * shorter. */
static bool due(const struct validity *v, int64_t lifetime_s, int64_t now)
{
	const int64_t issued = validity_issued(v);

	return now >= issued + least(lifetime_s, v->not_after - issued) * 2 / 3;
}

bool rotation_usable(const struct certificate_info *seen, int64_t now)
{
	return !seen->defect && valid(&seen->certificate, now) &&
	       valid(&seen->ca[seen->signer], now);
}

/* --- which CAs stay -----------------------------------------------------------------
 */

/* Index of the oldest CA that may still be needed. That is the served certificate's CA.
 * An older CA stays until all certificates that it signed have expired. */
static unsigned oldest_needed(const struct rotation *r,
			      const struct certificate_info *seen, int64_t now)
{
	if (seen->defect)
		return 0;
	unsigned oldest = seen->signer;
	while (oldest + 1 < seen->cas && now < validity_issued(&seen->ca[oldest]) +
						   r->certificate_lifetime_s +
						   2 * r->overlap_s)
		oldest++;
	return oldest;
}

/* Returns a bit for each CA, from index `first` on, that stays in the bundle. */
static unsigned needed(const struct rotation *r, const struct certificate_info *seen,
		       unsigned first, int64_t now)
{
	const unsigned oldest = oldest_needed(r, seen, now);
	unsigned bits = 0;

	for (unsigned i = first; i < seen->cas && i <= oldest; i++)
		if (now < seen->ca[i].not_after)
			bits |= 1u << i;
	return bits;
}

/* --- the plan -----------------------------------------------------------------------
 */

/* Chooses the step if there is no usable certificate. */
static enum rotation_step repair(const struct certificate_info *seen, int64_t now,
				 const char **why)
{
	*why = seen->defect ? seen->defect : "the certificate is not valid now";
	if (seen->cas > 0 && valid(&seen->ca[0], now) && seen->ca_key)
		return ROTATION_CERTIFICATE;
	if (seen->cas == 0)
		*why = "there is no CA";
	else if (!valid(&seen->ca[0], now))
		*why = "the CA is not valid now";
	else if (!seen->ca_key)
		*why = "the CA's key is missing or does not match";
	return ROTATION_ANEW;
}

/* Chooses the step while the served certificate's CA is not the newest CA. */
static enum rotation_step in_overlap(const struct rotation *r,
				     const struct certificate_info *seen, int64_t now,
				     int64_t in_place_s, const char **why)
{
	if (!seen->ca_key || !valid(&seen->ca[0], now)) {
		*why = "the newest CA cannot sign";
		return ROTATION_CA;
	}
	/* If another client removes the bundle again and again, it never stays for the
	 * overlap. The certificate must still change before it expires. */
	const bool last_moment =
	    in_place_s >= 0 && now >= seen->certificate.not_after - r->overlap_s;
	if (in_place_s < r->overlap_s && !last_moment)
		return ROTATION_NOTHING;
	*why = "API servers have the new CA";
	return ROTATION_CERTIFICATE;
}

enum rotation_step rotation_plan(const struct rotation *r,
				 const struct certificate_info *seen, int64_t now,
				 int64_t in_place_s, const char **why)
{
	*why = "";
	if (!rotation_usable(seen, now))
		return repair(seen, now, why);
	if (seen->signer > 0)
		return in_overlap(r, seen, now, in_place_s, why);
	if (!seen->ca_key) {
		*why = "the CA's key is missing or does not match";
		return ROTATION_CA;
	}
	if (due(&seen->ca[0], r->ca_lifetime_s, now)) {
		*why = "two thirds of the CA's life are over";
		return ROTATION_CA;
	}
	if (due(&seen->certificate, r->certificate_lifetime_s, now)) {
		*why = "two thirds of the certificate's life are over";
		return ROTATION_CERTIFICATE;
	}
	if (seen->more || needed(r, seen, 0, now) != (1u << seen->cas) - 1) {
		*why = "no certificate needs them any more";
		return ROTATION_TRIM;
	}
	return ROTATION_NOTHING;
}

/* --- the steps ----------------------------------------------------------------------
 */

static int make_certificate(const struct rotation *r, int64_t now,
			    struct certificates *c, struct error *err)
{
	const struct validity v = validity_of(now, r->certificate_lifetime_s);

	return certificates_make(c->bundle, c->ca_key, &r->names, &v, c->certificate,
				 c->key, err);
}

static int make_ca(const struct rotation *r, int64_t now, unsigned keep,
		   struct certificates *c, struct error *err)
{
	const struct validity v = validity_of(now, r->ca_lifetime_s);
	char ca[PEM_MAX];

	if (certificates_make_ca(&v, ca, c->ca_key, err) < 0)
		return -1;
	return certificates_bundle(ca, c->bundle, keep, c->bundle, err);
}

/* Makes the old CA's last certificate while its key still exists, so that it lasts
 * through the overlap. Drops the CAs in front of the served certificate's CA, because
 * no certificate of theirs was ever served. */
static int change_ca(const struct rotation *r, int64_t now,
		     const struct certificate_info *seen, struct certificates *c,
		     struct error *err)
{
	const unsigned keep = needed(r, seen, seen->signer, now);

	if (seen->ca_key && seen->signer == 0 && make_certificate(r, now, c, err) < 0)
		return -1;
	return make_ca(r, now, keep, c, err);
}

int rotation_take(const struct rotation *r, enum rotation_step step, int64_t now,
		  const struct certificate_info *seen, struct certificates *c,
		  struct error *err)
{
	switch (step) {
	case ROTATION_ANEW:
		return make_ca(r, now, 0, c, err) < 0
			   ? -1
			   : make_certificate(r, now, c, err);
	case ROTATION_CERTIFICATE:
		return make_certificate(r, now, c, err);
	case ROTATION_CA:
		return change_ca(r, now, seen, c, err);
	case ROTATION_TRIM:
		return certificates_bundle("", c->bundle, needed(r, seen, 0, now),
					   c->bundle, err);
	default:
		return 0;
	}
}
