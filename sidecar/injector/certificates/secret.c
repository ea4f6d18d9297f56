/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c - decodes and encodes the base64 of a Secret's data. */
#include "secret.h"

#include <gnutls/gnutls.h>
#include <string.h>

#include "base/text.h"
#include "injector/json/base64.h"
#include "injector/json/json.h"

/* A member of `data`, and the buffer for its text. */
struct entry {
	const char *key;
	char *text;
	size_t size;
};

#define ENTRIES 4

static void entries_of(struct certificates *c, struct entry entries[ENTRIES])
{
	entries[0] = (struct entry){"ca.crt", c->bundle, sizeof(c->bundle)};
	entries[1] = (struct entry){"ca.key", c->ca_key, sizeof(c->ca_key)};
	entries[2] = (struct entry){"tls.crt", c->certificate, sizeof(c->certificate)};
	entries[3] = (struct entry){"tls.key", c->key, sizeof(c->key)};
}

static void decode(const char *encoded, char *out, size_t size)
{
	const gnutls_datum_t in = {.data = (unsigned char *)encoded,
				   .size = (unsigned)strlen(encoded)};
	gnutls_datum_t plain = {0};

	out[0] = '\0';
	if (in.size == 0 || gnutls_base64_decode2(&in, &plain) < 0)
		return;
	if (plain.size < size) {
		memcpy(out, plain.data, plain.size);
		out[plain.size] = '\0';
	}
	gnutls_memset(plain.data, 0, plain.size);
	gnutls_free(plain.data);
}

void secret_read(const cJSON *secret, struct certificates *c)
{
	const cJSON *data = json_member(secret, "data");
	struct entry entries[ENTRIES];

	*c = (struct certificates){0};
	entries_of(c, entries);
	for (size_t i = 0; i < ENTRIES; i++) {
		const char *encoded = json_text(data, entries[i].key);
		if (encoded)
			decode(encoded, entries[i].text, entries[i].size);
	}
}

static int put(cJSON *data, const struct entry *e, struct error *err)
{
	char encoded[BASE64_BUNDLE_MAX];
	struct text t = text_over(encoded, sizeof(encoded));

	base64_put(&t, e->text, strlen(e->text));
	cJSON_DeleteItemFromObjectCaseSensitive(data, e->key);
	const cJSON *added = cJSON_AddStringToObject(data, e->key, encoded);
	explicit_bzero(encoded, sizeof(encoded));
	return added ? 0 : fail_memory(err, "the Secret");
}

int secret_write(cJSON *secret, const struct certificates *c, struct error *err)
{
	cJSON *data = json_member(secret, "data");
	struct entry entries[ENTRIES];
	int result = 0;

	if (!cJSON_IsObject(data)) {
		cJSON_DeleteItemFromObjectCaseSensitive(secret, "data");
		data = cJSON_AddObjectToObject(secret, "data");
		if (!data)
			return fail_memory(err, "the Secret");
	}
	entries_of((struct certificates *)c, entries);
	for (size_t i = 0; i < ENTRIES && result == 0; i++)
		result = put(data, &entries[i], err);
	return result;
}
