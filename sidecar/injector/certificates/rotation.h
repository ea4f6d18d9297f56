/* SPDX-License-Identifier: Apache-2.0 */
/* rotation.h - what is to be done with the certificates, and when.
 *
 * A certificate, and a CA, is replaced when two thirds of its life are over. A new CA
 * is first put in front of the bundle, next to the old one, whose last certificate goes
 * on being served; the new CA's first certificate is served only when the bundle has
 * been in the webhook configuration for the overlap, so that every API server knows it.
 * Old CAs leave the bundle when all that they may have signed has expired.
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

/* How often to look, at most every `check_s` seconds: often enough for short lives. */
double rotation_interval_s(const struct rotation *r, double check_s);

/* An hour, less where lives are short, but not less than two looks. */
int64_t rotation_overlap_s(const struct rotation *r, double interval_s);

enum rotation_step {
	ROTATION_NOTHING,
	ROTATION_ANEW,        /* CA and certificate; what is there is of no use */
	ROTATION_CERTIFICATE, /* a certificate by the newest CA */
	ROTATION_CA,          /* a new CA in front of the bundle */
	ROTATION_TRIM,        /* CAs that nothing needs leave the bundle */
	ROTATION_STEPS,
};

/* What is to be done at `now`, and why, in words. `in_place_s` is for how long the very
 * bundle that was looked at has been in the webhook configuration; negative: it is not
 * there. Pure. */
enum rotation_step rotation_plan(const struct rotation *r,
				 const struct certificate_info *seen, int64_t now,
				 int64_t in_place_s, const char **why);

/* Whether what was looked at can be served at `now`. */
bool rotation_usable(const struct certificate_info *seen, int64_t now);

/* Takes the step: `c` and what was seen in it become what the Secret shall hold. On
 * failure `c` is not to be used. */
int rotation_take(const struct rotation *r, enum rotation_step step, int64_t now,
		  const struct certificate_info *seen, struct certificates *c,
		  struct error *err);

#endif
