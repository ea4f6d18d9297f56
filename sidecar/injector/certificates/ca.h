/* SPDX-License-Identifier: Apache-2.0 */
/* ca.h - our own CA: reads and renews its Secret, and publishes its certificates.
 *
 * The replicas agree through the Secret. The first replica that writes it (by
 * resourceVersion) sets the certificates. The others read and use them.
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
	char bundle[BUNDLE_MAX];    /* the last valid bundle of the Secret; "": none */
	bool bundle_read;           /* the last read of the Secret gave a valid one */
	char served[PEM_MAX];       /* the certificate in the store */
	char published[BUNDLE_MAX]; /* the bundle in the webhook configuration */
	double published_at;        /* since this time, on the monotonic clock */
};

/* Reads the Secret, renews its certificates when they are due, and serves them.
 * `*status` is the HTTP status of the last request, 0 if there was no answer. */
int ca_keep_secret(struct ca *a, long *status, struct error *err);

/* Puts the bundle into the webhooks that do not have it. Does nothing if the last
 * ca_keep_secret() got no valid bundle: another replica may have a newer one. */
int ca_publish(struct ca *a, long *status, struct error *err);

#endif
