/* SPDX-License-Identifier: Apache-2.0 */
/* client_ca.c - reads the CAs of the clients again when they change, and judges clients
 * by them. */
#include "client_ca.h"

#include <gnutls/x509.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The most certificates that a client may send, and names of one that are compared.
 * API servers send one or two, and those have a few names. */
#define CHAIN_MAX 8
#define NAMES_MAX 32

/* A DNS name has at most 253 bytes. Longer names are never the wanted one. */
#define NAME_BYTES_MAX 256

#define COMPLAIN_EVERY_S 60

const char *client_verdict_name(enum client_verdict refusal)
{
	static const char *const names[] = {"none", "expired", "untrusted", "name"};

	return names[refusal];
}

void client_ca_init(struct client_ca *ca, const char *path, const char *name,
		    double every_s)
{
	*ca = (struct client_ca){.path = path, .name = name, .every_s = every_s};
}

void client_ca_free(struct client_ca *ca)
{
	if (ca->trusted)
		gnutls_x509_trust_list_deinit(ca->trusted, 1);
	ca->trusted = NULL;
}

bool client_ca_demands(const struct client_ca *ca)
{
	return ca->trusted != NULL;
}

/* --- the file ------------------------------------------------------------------------
 */
/* Makes a list that owns the certificates; NULL on failure, then they are freed too. A
 * list that took only some of them is a failure: their clients would be refused. */
static gnutls_x509_trust_list_t trust(const gnutls_x509_crt_t *cas, unsigned count)
{
	gnutls_x509_trust_list_t list = NULL;
	int owned = 0;

	if (gnutls_x509_trust_list_init(&list, 0) >= 0)
		owned = gnutls_x509_trust_list_add_cas(list, cas, count, 0);
	if (list && owned == (int)count)
		return list;
	for (unsigned i = owned > 0 ? (unsigned)owned : 0; i < count; i++)
		gnutls_x509_crt_deinit(cas[i]);
	if (list)
		gnutls_x509_trust_list_deinit(list, 1);
	return NULL;
}

/* Makes a list of the CAs in a PEM text; NULL on failure. */
static gnutls_x509_trust_list_t trust_text(const char *pem, struct error *err)
{
	const gnutls_datum_t text = {(unsigned char *)(uintptr_t)pem,
				     (unsigned)strlen(pem)};
	gnutls_x509_crt_t *cas = NULL;
	unsigned count = 0;
	const int code =
	    gnutls_x509_crt_list_import2(&cas, &count, &text, GNUTLS_X509_FMT_PEM, 0);

	if (code < 0) {
		fail(err, "expected certificates of CAs in PEM: %s",
		     gnutls_strerror(code));
		return NULL;
	}
	gnutls_x509_trust_list_t list = trust(cas, count);
	gnutls_free(cas);
	if (!list)
		fail_memory(err, "the client CA");
	return list;
}

static int take(struct client_ca *ca, struct error *err)
{
	char *text = malloc(TEXT_FILE_MAX);
	gnutls_x509_trust_list_t trusted = NULL;

	if (!text)
		return fail_memory(err, "the client CA");
	if (text_file_read(ca->path, text, err) == 0) {
		trusted = trust_text(text, err);
		if (!trusted)
			fail_within(err, "%s", ca->path);
	}
	free(text);
	if (!trusted)
		return -1;
	client_ca_free(ca);
	ca->trusted = trusted;
	return 0;
}

double client_ca_due_s(const struct client_ca *ca, double now)
{
	if (!ca->path[0])
		return -1;
	return ca->looked_at > 0 ? fmax(ca->looked_at + ca->every_s - now, 0) : 0;
}

enum client_ca_look client_ca_look(struct client_ca *ca, double now, struct error *err)
{
	if (!ca->path[0] || client_ca_due_s(ca, now) > 0)
		return CLIENT_CA_SAME;
	ca->looked_at = now;

	const struct file_mark found = file_mark_of(ca->path);
	const bool changed = !file_mark_same(&found, &ca->seen);
	if (!changed && !ca->failed)
		return CLIENT_CA_SAME;
	ca->seen = found;
	/* A file that never was there is no failure: nobody asked for it. */
	ca->failed = (found.there || ca->trusted) && take(ca, err) < 0;
	if (ca->failed) {
		ca->failures += changed;
		return changed ? CLIENT_CA_BROKEN : CLIENT_CA_SAME;
	}
	ca->reloads += found.there;
	return found.there ? CLIENT_CA_TAKEN : CLIENT_CA_SAME;
}

/* --- clients -------------------------------------------------------------------------
 */
/* Reads one name of a certificate. Returns 0 for one that counts, 1 for one that does
 * not, and as GnuTLS on failure. */
typedef int read_name(gnutls_x509_crt_t crt, unsigned index, char *name,
		      size_t *length);

static int common_name(gnutls_x509_crt_t crt, unsigned index, char *name,
		       size_t *length)
{
	return gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, index, 0,
					     name, length);
}

static int dns_name(gnutls_x509_crt_t crt, unsigned index, char *name, size_t *length)
{
	/* Returns the kind of the name. */
	const int code =
	    gnutls_x509_crt_get_subject_alt_name(crt, index, name, length, NULL);

	return code >= 0 ? code != GNUTLS_SAN_DNSNAME : code;
}

static bool has_name(gnutls_x509_crt_t crt, read_name *read, const char *wanted)
{
	char name[NAME_BYTES_MAX];
	int code = 0;

	for (unsigned i = 0;
	     i < NAMES_MAX && code != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
		size_t length = sizeof(name);

		code = read(crt, i, name, &length);
		if (code == 0 && length == strlen(wanted) &&
		    memcmp(name, wanted, length) == 0)
			return true;
	}
	return false;
}

static enum client_verdict verdict_of(const struct client_ca *ca,
				      gnutls_x509_crt_t *list, unsigned count)
{
	gnutls_typed_vdata_st purpose = {
	    .type = GNUTLS_DT_KEY_PURPOSE_OID,
	    .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	const unsigned times = GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED;
	unsigned status = 0;

	if (gnutls_x509_trust_list_verify_crt2(ca->trusted, list, count, &purpose, 1, 0,
					       &status, NULL) < 0)
		return CLIENT_UNTRUSTED;
	if (status & ~(times | GNUTLS_CERT_INVALID))
		return CLIENT_UNTRUSTED;
	if (status)
		return CLIENT_EXPIRED;
	return !ca->name[0] || has_name(list[0], common_name, ca->name) ||
		       has_name(list[0], dns_name, ca->name)
		   ? CLIENT_WELCOME
		   : CLIENT_OTHER;
}

/* Reads the certificates and judges them. */
static enum client_verdict read_and_judge(const struct client_ca *ca,
					  const gnutls_datum_t *chain, unsigned count)
{
	gnutls_x509_crt_t list[CHAIN_MAX];
	enum client_verdict verdict = CLIENT_UNTRUSTED;
	unsigned done = 0;
	int code = 0;

	if (count > CHAIN_MAX)
		return CLIENT_UNTRUSTED;
	while (done < count && code >= 0) {
		code = gnutls_x509_crt_init(&list[done]);
		if (code < 0)
			break;
		code = gnutls_x509_crt_import(list[done], &chain[done],
					      GNUTLS_X509_FMT_DER);
		done++;
	}
	if (code >= 0)
		verdict = verdict_of(ca, list, count);
	while (done > 0)
		gnutls_x509_crt_deinit(list[--done]);
	return verdict;
}

enum client_verdict client_ca_judge(struct client_ca *ca, const gnutls_datum_t *chain,
				    unsigned count)
{
	enum client_verdict verdict =
	    chain && count > 0 ? read_and_judge(ca, chain, count) : CLIENT_WITHOUT;

	if (verdict != CLIENT_WELCOME)
		ca->refused[verdict]++;
	return verdict;
}

bool client_ca_complaint(struct client_ca *ca, double now, struct error *complaint)
{
	char counts[160];
	struct text t = text_over(counts, sizeof(counts));

	if (memcmp(ca->told, ca->refused, sizeof(ca->told)) == 0 ||
	    (ca->told_at > 0 && now - ca->told_at < COMPLAIN_EVERY_S))
		return false;
	for (int why = 0; why < CLIENT_REFUSALS; why++)
		text_printf(&t, "%s%" PRIu64 " %s", why > 0 ? ", " : "",
			    ca->refused[why] - ca->told[why], client_verdict_name(why));
	fail(complaint, "clients without a certificate of %s were refused: %s",
	     ca->path, counts);
	memcpy(ca->told, ca->refused, sizeof(ca->told));
	ca->told_at = now;
	return true;
}
