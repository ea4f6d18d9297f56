/* SPDX-License-Identifier: Apache-2.0 */
/* ca.h - our own CA: its Secret read and renewed, its certificates published.
 *
 * The Secret is what replicas agree by: whoever writes it first, by resourceVersion,
 * made the certificates; the others read and use them.
 */
#ifndef DORMOUSE_INJECTOR_CERTIFICATES_CA_H
#define DORMOUSE_INJECTOR_CERTIFICATES_CA_H

#include "injector/kubernetes/kubernetes.h"
#include "rotation.h"

struct ca {
	const struct injector_options *options;
	struct kubernetes *api;
	struct tls_store *store;
	struct cluster_facts *facts;
	struct rotation rotation;
	char bundle[BUNDLE_MAX];    /* in the Secret when it was good last; "": never */
	bool bundle_read;           /* it was good when it was read just now */
	char served[PEM_MAX];       /* the certificate in the store */
	char published[BUNDLE_MAX]; /* the bundle in the webhook configuration */
	double published_at;        /* since when, on the monotonic clock */
};

/* Reads the Secret, renews what is due, serves what it holds. `*status` is that of the
 * last request, 0 when it was not answered. */
int ca_keep_secret(struct ca *a, long *status, struct error *err);

/* Puts the bundle into the webhook configuration where it is not. Does nothing when the
 * Secret could not be read just before: another replica may know better. */
int ca_publish(struct ca *a, long *status, struct error *err);

#endif
