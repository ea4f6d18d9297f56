/* SPDX-License-Identifier: Apache-2.0 */
/* certificates.h - makes, reads and checks a CA and the certificate that it signs.
 *
 * Keys are ECDSA on P-256. Input and output are PEM. Times are Unix seconds. rotation.h
 * decides when to make a certificate and how long to keep it.
 */
#ifndef DORMOUSE_INJECTOR_CERTIFICATES_CERTIFICATES_H
#define DORMOUSE_INJECTOR_CERTIFICATES_CERTIFICATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PEM_MAX           4096          /* bytes of one certificate or key */
#define BUNDLE_MAX        (4 * PEM_MAX) /* bytes of a bundle */
#define BUNDLE_CAS        3             /* maximum of CAs in a bundle */
#define BASE64_BUNDLE_MAX (BUNDLE_MAX / 3 * 4 + 8)
#define CA_NAME           "dormouse-injector CA"

/* The contents of the Secret; "": it has no such entry. */
struct certificates {
	char bundle[BUNDLE_MAX]; /* CAs, the newest first */
	char ca_key[PEM_MAX];    /* the key of the newest CA */
	char certificate[PEM_MAX];
	char key[PEM_MAX];
};

/* The Service that the certificate is for. */
struct certificate_names {
	const char *service;
	const char *namespace;
};

struct validity {
	int64_t not_before, not_after;
};

/* validity_of() returns the validity of a certificate that is made now. It begins up to
 * 5 minutes in the past, because other clocks may be behind. validity_issued() returns
 * the time at which the certificate was made. */
struct validity validity_of(int64_t now, int64_t lifetime_s);
int64_t validity_issued(const struct validity *v);

/* Makes a CA and its key. */
int certificates_make_ca(const struct validity *v, char ca[PEM_MAX], char key[PEM_MAX],
			 struct error *err);

/* Makes a certificate for `names` and its key. The first CA of `bundle` signs it. It
 * ends no later than that CA. */
int certificates_make(const char *bundle, const char *ca_key,
		      const struct certificate_names *names, const struct validity *v,
		      char certificate[PEM_MAX], char key[PEM_MAX], struct error *err);

/* Makes a bundle of `front` ("" for none), then the CAs of `bundle` whose bit is set in
 * `keep`, at most BUNDLE_CAS CAs in total. `out` may be `bundle`. */
int certificates_bundle(const char *front, const char *bundle, unsigned keep,
			char out[BUNDLE_MAX], struct error *err);

/* Facts about `struct certificates`. */
struct certificate_info {
	unsigned cas; /* CAs of the bundle, at most BUNDLE_CAS */
	bool more;    /* the bundle has more than BUNDLE_CAS */
	struct validity ca[BUNDLE_CAS];
	bool ca_key; /* the CA key belongs to the first CA */

	/* NULL: the certificate is readable, has its own key and our names, and one of
	 * the CAs signed it. Otherwise the defect; the members below are then
	 * undefined. Validity times are not checked. */
	const char *defect;
	unsigned signer; /* index of the CA that signed it */
	struct validity certificate;
};

void certificate_inspect(const struct certificates *c,
			 const struct certificate_names *names,
			 struct certificate_info *seen);

#endif
