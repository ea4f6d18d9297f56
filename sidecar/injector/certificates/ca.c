/* SPDX-License-Identifier: Apache-2.0 */
/* ca.c - reads, renews and publishes the CA. */
#include "ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "injector/json/json_print.h"
#include "injector/json/memory_stream.h"
#include "injector/tls/tls_store.h"
#include "secret.h"
#include "webhook_config.h"

#define TRIES       5 /* after conflicts with other replicas */
#define PATCH_BYTES (WEBHOOKS_MAX * (BASE64_BUNDLE_MAX + 512))

/* --- the Secret ---------------------------------------------------------------------
 */

struct until {
	char text[32];
};

static struct until until(int64_t unix_s)
{
	struct until u = {.text = ""};
	struct text t = text_over(u.text, sizeof(u.text));

	text_time(&t, (double)unix_s);
	return u;
}

/* Serves the valid certificates of the Secret from now on. */
static int use(struct ca *a, const struct certificates *c,
	       const struct certificate_info *seen, struct error *err)
{
	memcpy(a->bundle, c->bundle, sizeof(a->bundle));
	a->bundle_read = true;
	if (strcmp(a->served, c->certificate) == 0)
		return 0;
	if (tls_store_set(a->store, c->certificate, c->key, err) < 0)
		return -1;
	memcpy(a->served, c->certificate, sizeof(a->served));
	log_event(LOG_LEVEL_INFO, "certificate-in-use",
		  "the certificate that is served is valid until %s",
		  until(seen->certificate.not_after).text);
	return 0;
}

static void tell(enum rotation_step step, const char *why,
		 const struct certificate_info *seen)
{
	static const struct {
		const char *event, *sentence;
	} words[ROTATION_STEPS] = {
	    [ROTATION_ANEW] = {"ca-made", "a CA and a certificate were made"},
	    [ROTATION_CERTIFICATE] = {"certificate-renewed", "a certificate was made"},
	    [ROTATION_CA] = {"ca-renewed", "a new CA was put in front of the bundle"},
	    [ROTATION_TRIM] = {"ca-dropped", "old CAs were removed from the bundle"},
	};

	log_event(LOG_LEVEL_INFO, words[step].event,
		  "%s, because %s: the CA is valid until %s, the certificate until %s",
		  words[step].sentence, why, until(seen->ca[0].not_after).text,
		  until(seen->certificate.not_after).text);
}

/* Prints the whole Secret. Members other than the certificates are unchanged. */
static int print_secret(const cJSON *secret, struct memory_stream *body,
			struct error *err)
{
	FILE *out = memory_stream_open(body, err);

	if (!out)
		return -1;
	json_print(secret, out);
	putc('\0', out);
	return memory_stream_close(out, err);
}

static int put_secret(struct ca *a, const char *path, const cJSON *secret, long *status,
		      struct error *err)
{
	struct memory_stream body = {0};
	cJSON *answer = NULL;
	int result = print_secret(secret, &body, err);

	if (result == 0) {
		const struct kubernetes_request request = {.method = "PUT",
							   .path = path,
							   .type = "application/json",
							   .body = body.text};
		result = kubernetes_ask(a->api, &request, status, &answer, err);
	}
	cJSON_Delete(answer);
	if (body.text)
		explicit_bzero(body.text, body.length);
	free(body.text);
	return result;
}

/* Applies the step to the certificates that were read, writes the Secret, and serves
 * the result. */
static int renew(struct ca *a, enum rotation_step step, const char *why,
		 const struct certificate_info *seen, struct certificates *c,
		 const char *path, cJSON *secret, long *status, struct error *err)
{
	struct certificate_info after;
	const int64_t now = (int64_t)clock_wall();
	char before[PEM_MAX];

	memcpy(before, c->certificate, sizeof(before));
	if (rotation_take(&a->rotation, step, now, seen, c, err) < 0)
		return -1;
	certificate_inspect(c, &a->rotation.names, &after);
	if (!rotation_usable(&after, now))
		return fail(err, "the new certificate is not usable: %s",
			    after.defect ? after.defect : "it is not valid now");
	if (secret_write(secret, c, err) < 0 ||
	    put_secret(a, path, secret, status, err) < 0)
		return -1;
	if (strcmp(before, c->certificate) != 0)
		atomic_fetch_add(&a->facts->certificates_made, 1);
	tell(step, why, &after);
	return use(a, c, &after, err);
}

static int get(struct ca *a, const char *path, const char *how, long *status,
	       cJSON **object, struct error *err)
{
	const struct kubernetes_request request = {.method = "GET", .path = path};
	const int result = kubernetes_ask(a->api, &request, status, object, err);

	if (result < 0 && *status == 404)
		fail(err, "%s", how);
	return result;
}

/* How many seconds the bundle has been in the webhook configuration; negative: it is
 * not there. */
static int64_t in_place_s(const struct ca *a, const char *bundle)
{
	return strcmp(bundle, a->published) == 0
		   ? (int64_t)(clock_monotonic() - a->published_at)
		   : -1;
}

/* Serves the certificates of the Secret, and renews them if necessary. */
static int keep(struct ca *a, const char *path, cJSON *secret, long *status,
		struct error *err)
{
	struct certificates c;
	struct certificate_info seen;
	const int64_t now = (int64_t)clock_wall();
	const char *why;
	int result = 0;

	secret_read(secret, &c);
	certificate_inspect(&c, &a->rotation.names, &seen);
	const enum rotation_step step =
	    rotation_plan(&a->rotation, &seen, now, in_place_s(a, c.bundle), &why);
	if (rotation_usable(&seen, now))
		result = use(a, &c, &seen, err);
	if (step != ROTATION_NOTHING)
		result = renew(a, step, why, &seen, &c, path, secret, status, err);
	explicit_bzero(&c, sizeof(c));
	return result;
}

static int keep_once(struct ca *a, const char *path, long *status, struct error *err)
{
	const struct injector_options *o = a->options;
	char how[512];
	cJSON *secret;

	snprintf(how, sizeof(how),
		 "there is no Secret %.63s/%.63s: create an empty one with \"kubectl "
		 "create secret generic -n %.63s %.63s\"",
		 o->namespace, o->secret, o->namespace, o->secret);
	if (get(a, path, how, status, &secret, err) < 0)
		return -1;
	const int result = keep(a, path, secret, status, err);
	cJSON_Delete(secret);
	return result;
}

int ca_keep_secret(struct ca *a, long *status, struct error *err)
{
	char path[512];
	int result = -1;

	snprintf(path, sizeof(path), "/api/v1/namespaces/%s/secrets/%s",
		 a->options->namespace, a->options->secret);
	a->bundle_read = false;
	*status = 409;
	for (unsigned i = 0; i < TRIES && result < 0 && *status == 409; i++)
		result = keep_once(a, path, status, err);
	return result;
}

/* --- the webhook configuration ------------------------------------------------------
 */

/* Notes that the webhook configuration has the bundle. */
static void note_published(struct ca *a, bool just_now)
{
	if (just_now || strcmp(a->published, a->bundle) != 0) {
		memcpy(a->published, a->bundle, sizeof(a->published));
		a->published_at = clock_monotonic();
	}
	atomic_store(&a->facts->webhook_ready, true);
}

static int publish_once(struct ca *a, const char *path, struct text *patch,
			long *status, struct error *err)
{
	const struct kubernetes_request request = {.method = "PATCH",
						   .path = path,
						   .type =
						       "application/json-patch+json",
						   .body = patch->data};
	char how[512];
	cJSON *config, *answer;

	snprintf(
	    how, sizeof(how),
	    "there is no MutatingWebhookConfiguration \"%.120s\", so no pod is sent "
	    "for injection; apply the manifests",
	    a->options->webhook);
	if (get(a, path, how, status, &config, err) < 0)
		return -1;
	const int changes = webhook_config_patch(config, a->bundle, patch, err);
	cJSON_Delete(config);
	if (changes < 0)
		return fail_within(err, "MutatingWebhookConfiguration %s",
				   a->options->webhook);
	if (changes > 0 && kubernetes_ask(a->api, &request, status, &answer, err) < 0)
		return kubernetes_conflict(&request, *status) ? 1 : -1;
	if (changes > 0) {
		cJSON_Delete(answer);
		log_event(LOG_LEVEL_INFO, "ca-published",
			  "%d webhooks of MutatingWebhookConfiguration %s got the CA",
			  changes, a->options->webhook);
	}
	note_published(a, changes > 0);
	return 0;
}

int ca_publish(struct ca *a, long *status, struct error *err)
{
	char path[512];
	int result = 1;

	if (!a->bundle_read)
		return 0;
	char *bytes = malloc(PATCH_BYTES);
	if (!bytes)
		return fail_memory(err, "the CA bundle");
	snprintf(
	    path, sizeof(path),
	    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/%s",
	    a->options->webhook);
	for (unsigned i = 0; i < TRIES && result > 0; i++) {
		struct text patch = text_over(bytes, PATCH_BYTES);
		result = publish_once(a, path, &patch, status, err);
	}
	free(bytes);
	return result == 0 ? 0 : -1;
}
