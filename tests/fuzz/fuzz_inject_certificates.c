/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_inject_certificates.c - whatever a Secret holds is judged, and what is made in
 * its stead will do. */
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "injector/certificates/rotation.h"

#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static const struct rotation rotation = {
    .names = {.service = "svc", .namespace = "ns"},
    .certificate_lifetime_s = 7776000,
    .ca_lifetime_s = 315360000,
    .overlap_s = 3600,
};

/* Good certificates, of which the input then replaces one. */
static struct certificates good_ones(void)
{
	static struct certificates good;
	struct certificate_info nothing = {.defect = "empty"};
	struct error err;

	if (!good.bundle[0] &&
	    rotation_take(&rotation, ROTATION_ANEW, NOW, &nothing, &good, &err) < 0)
		abort();
	return good;
}

/* The first byte says which; the rest is put in the middle of its PEM, or in its place.
 */
static void damage(struct certificates *c, const uint8_t *data, size_t length)
{
	char *texts[] = {c->bundle, c->ca_key, c->certificate, c->key};
	char *text = texts[data[0] % 4];
	const size_t at = data[0] & 4 ? strlen(text) / 2 : 0;

	length = length - 1 < PEM_MAX - at - 1 ? length - 1 : PEM_MAX - at - 1;
	memcpy(text + at, data + 1, length);
	if (at == 0)
		text[length] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct certificates c = good_ones();
	struct certificate_info seen;
	struct error err;
	const char *why;

	if (length == 0)
		return 0;
	damage(&c, data, length);
	certificate_inspect(&c, &rotation.names, &seen);
	const enum rotation_step step =
	    rotation_plan(&rotation, &seen, NOW + data[0], 0, &why);
	if (rotation_take(&rotation, step, NOW, &seen, &c, &err) < 0)
		abort();
	certificate_inspect(&c, &rotation.names, &seen);
	if (!rotation_usable(&seen, NOW + data[0]))
		abort();
	return 0;
}
