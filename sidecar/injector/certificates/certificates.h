/* SPDX-License-Identifier: Apache-2.0 */
/* certificates.h - a CA and the certificate it signs: made, read, judged.
 *
 * All of it is ECDSA on P-256, PEM in and PEM out. Times are Unix seconds. What is made
 * when, and for how long it stays, is rotation.h's.
 */
#ifndef DORMOUSE_INJECTOR_CERTIFICATES_CERTIFICATES_H
#define DORMOUSE_INJECTOR_CERTIFICATES_CERTIFICATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PEM_MAX           4096          /* of one certificate or key */
#define BUNDLE_MAX        (4 * PEM_MAX) /* of several */
#define BUNDLE_CAS        3             /* the most that are kept in one */
#define BASE64_BUNDLE_MAX (BUNDLE_MAX / 3 * 4 + 8)
#define CA_NAME           "dormouse-injector CA"

/* What the Secret keeps; "" where it keeps nothing. */
struct certificates {
	char bundle[BUNDLE_MAX]; /* CAs, the newest first */
	char ca_key[PEM_MAX];    /* of the newest */
	char certificate[PEM_MAX];
	char key[PEM_MAX];
};

/* Who the certificate is for: the Service's names, short and long. */
struct certificate_names {
	const char *service;
	const char *namespace;
};

struct validity {
	int64_t not_before, not_after;
};

/* From when to when one made now is valid. It begins a little in the past, for clocks
 * that are behind; validity_issued() knows how much. */
struct validity validity_of(int64_t now, int64_t lifetime_s);
int64_t validity_issued(const struct validity *v);

/* Makes a CA and its key. */
int certificates_make_ca(const struct validity *v, char ca[PEM_MAX], char key[PEM_MAX],
			 struct error *err);

/* Makes a certificate for those names, and its key, signed by the first of `bundle`. It
 * ends no later than its CA. */
int certificates_make(const char *bundle, const char *ca_key,
		      const struct certificate_names *names, const struct validity *v,
		      char certificate[PEM_MAX], char key[PEM_MAX], struct error *err);

/* Composes a bundle: `front` ("" for none), then those CAs of `bundle` whose bit is set
 * in `keep`, at most BUNDLE_CAS together. `out` may be `bundle`. */
int certificates_bundle(const char *front, const char *bundle, unsigned keep,
			char out[BUNDLE_MAX], struct error *err);

/* What is to be seen in `struct certificates`. */
struct certificate_info {
	unsigned cas; /* in the bundle, BUNDLE_CAS at most */
	bool more;    /* than that */
	struct validity ca[BUNDLE_CAS];
	bool ca_key; /* belongs to the first CA */

	/* NULL: the certificate can be read, its key belongs to it, it is for our names
	 * and one of the CAs signed it. Else what is amiss; the rest then means
	 * nothing. Times are not judged. */
	const char *defect;
	unsigned signer; /* which CA */
	struct validity certificate;
};

void certificate_inspect(const struct certificates *c,
			 const struct certificate_names *names,
			 struct certificate_info *seen);

#endif
