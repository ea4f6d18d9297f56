/* SPDX-License-Identifier: Apache-2.0 */
/* rotation.h - plans and takes the steps of certificate rotation.
 *
 * A certificate or a CA is replaced when two thirds of its lifetime are over. A new CA
 * first goes to the front of the bundle, next to the old one. The old CA's last
 * certificate is still served. When the bundle has been in the webhook configuration
 * for the overlap, every API server knows it, and the new CA's first certificate is
 * served. An old CA leaves the bundle when all certificates that it may have signed
 * have expired.
 */
#ifndef DORMOUSE_INJECTOR_CERTIFICATES_ROTATION_H
#define DORMOUSE_INJECTOR_CERTIFICATES_ROTATION_H

#include <stdint.h>

#include "certificates.h"

struct rotation {
	struct certificate_names names;
	int64_t certificate_lifetime_s;
	int64_t ca_lifetime_s;
	int64_t overlap_s;
};

/* Seconds between checks: `check_s`, or less if the lifetimes are short. */
double rotation_interval_s(const struct rotation *r, double check_s);

/* Seconds of the overlap: an hour, or less if the lifetimes are short, but no less than
 * two checks. */
int64_t rotation_overlap_s(const struct rotation *r, double interval_s);

enum rotation_step {
	ROTATION_NOTHING,
	ROTATION_ANEW,        /* new CA and certificate; the old ones are unusable */
	ROTATION_CERTIFICATE, /* new certificate, signed by the newest CA */
	ROTATION_CA,          /* new CA in front of the bundle */
	ROTATION_TRIM,        /* remove unneeded CAs from the bundle */
	ROTATION_STEPS,
};

/* Returns the step to take at `now`, and the reason as text. `in_place_s`: how many
 * seconds this same bundle has been in the webhook configuration; negative: it is not
 * there. The function is pure. */
enum rotation_step rotation_plan(const struct rotation *r,
				 const struct certificate_info *seen, int64_t now,
				 int64_t in_place_s, const char **why);

/* Whether the inspected certificate can be served at `now`. */
bool rotation_usable(const struct certificate_info *seen, int64_t now);

/* Takes the step and changes `c` to the new contents of the Secret. `seen` is the
 * result of certificate_inspect() for `c`. After a failure `c` must not be used. */
int rotation_take(const struct rotation *r, enum rotation_step step, int64_t now,
		  const struct certificate_info *seen, struct certificates *c,
		  struct error *err);

#endif
