/* SPDX-License-Identifier: Apache-2.0 */
/* client_ca.h - which clients may ask for reviews: those with a certificate of a CA.
 *
 * The CA is a file that may appear later, and may change. Without it every client is
 * served. A file that is broken or gone does not change anything: the last good CA
 * stays in use. If there is none, every client is served, and not none, because a pod
 * whose review is not answered starts without its sidecar.
 *
 * Only one thread may use it.
 */
#ifndef DORMOUSE_INJECTOR_TLS_CLIENT_CA_H
#define DORMOUSE_INJECTOR_TLS_CLIENT_CA_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

#include "text_file.h"

/* What a client's certificate is. The names never change, because they are label
 * values. */
enum client_verdict {
	CLIENT_WITHOUT,   /* "none": the client sent no certificate */
	CLIENT_EXPIRED,   /* "expired": or not valid yet, or its CA is */
	CLIENT_UNTRUSTED, /* "untrusted": of another CA, or not for a TLS client */
	CLIENT_OTHER,     /* "name": it does not have the wanted name */
	CLIENT_REFUSALS,
	CLIENT_WELCOME = CLIENT_REFUSALS,
};

const char *client_verdict_name(enum client_verdict refusal);

struct client_ca {
	const char *path; /* "": certificates are never demanded */
	const char *name; /* of the only client; "": any */
	double every_s;   /* between checks of the file */
	struct gnutls_x509_trust_list_st *trusted; /* NULL: none are demanded yet */
	struct file_mark seen;                     /* of the last look */
	bool failed;                               /* that look was reported as such */
	double looked_at, told_at;                 /* monotonic seconds; 0: never */
	uint64_t reloads, failures;
	uint64_t refused[CLIENT_REFUSALS];
	uint64_t told[CLIENT_REFUSALS]; /* of these, at the last complaint */
};

/* `path` and `name` must outlive it. The file is checked every `every_s` seconds. */
void client_ca_init(struct client_ca *ca, const char *path, const char *name,
		    double every_s);
void client_ca_free(struct client_ca *ca);

/* The result of a check. */
enum client_ca_look { CLIENT_CA_SAME, CLIENT_CA_TAKEN, CLIENT_CA_BROKEN };

/* Checks the file if that is due at `now`, in monotonic seconds, and takes the CAs in
 * it (PEM) if it changed. Each check tries a broken file again, but it is reported as
 * CLIENT_CA_BROKEN, with the error, only once for the same file. */
enum client_ca_look client_ca_look(struct client_ca *ca, double now, struct error *err);

/* Seconds until the next check is due; negative: there is none. */
double client_ca_due_s(const struct client_ca *ca, double now);

/* Whether clients must have a certificate. Once true it stays true. */
bool client_ca_demands(const struct client_ca *ca);

/* Judges and counts a client by its certificates: DER, its own first, then those that
 * signed it. Call it only if client_ca_demands(). */
enum client_verdict client_ca_judge(struct client_ca *ca, const gnutls_datum_t *chain,
				    unsigned count);

/* Describes the clients that were refused since the last complaint, at most once a
 * minute. False when there is nothing to report. */
bool client_ca_complaint(struct client_ca *ca, double now, struct error *complaint);

#endif
