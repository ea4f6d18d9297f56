/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c - base64 in and out of a Secret's data. */
#include "secret.h"

#include <gnutls/gnutls.h>
#include <string.h>

#define ENCODED_MAX (BUNDLE_MAX * 4 / 3 + 8)

/* The members of `data`, and where they belong. */
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
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(secret, "data");
	struct entry entries[ENTRIES];

	*c = (struct certificates){0};
	entries_of(c, entries);
	for (size_t i = 0; i < ENTRIES; i++) {
		const char *encoded = cJSON_GetStringValue(
		    cJSON_GetObjectItemCaseSensitive(data, entries[i].key));
		if (encoded)
			decode(encoded, entries[i].text, entries[i].size);
	}
}

int secret_encode(const char *plain, struct text *out, struct error *err)
{
	const gnutls_datum_t in = {.data = (unsigned char *)plain,
				   .size = (unsigned)strlen(plain)};
	gnutls_datum_t encoded = {0};

	if (in.size == 0)
		return 0;
	const int code = gnutls_base64_encode2(&in, &encoded);
	if (code < 0)
		return fail(err, "encode as base64: %s", gnutls_strerror(code));
	text_put_bytes(out, (const char *)encoded.data, encoded.size);
	gnutls_memset(encoded.data, 0, encoded.size);
	gnutls_free(encoded.data);
	return out->overflowed ? fail(err, "base64 of over %zu bytes", out->capacity)
			       : 0;
}

static int put(cJSON *data, const struct entry *e, struct error *err)
{
	char encoded[ENCODED_MAX];
	struct text t = text_over(encoded, sizeof(encoded));
	int result = secret_encode(e->text, &t, err);

	if (result == 0) {
		cJSON_DeleteItemFromObjectCaseSensitive(data, e->key);
		if (!cJSON_AddStringToObject(data, e->key, encoded))
			result = fail(err, "out of memory");
	}
	gnutls_memset(encoded, 0, sizeof(encoded));
	return result;
}

int secret_write(cJSON *secret, const struct certificates *c, struct error *err)
{
	cJSON *data = cJSON_GetObjectItemCaseSensitive(secret, "data");
	struct entry entries[ENTRIES];
	int result = 0;

	if (!cJSON_IsObject(data)) {
		cJSON_DeleteItemFromObjectCaseSensitive(secret, "data");
		data = cJSON_AddObjectToObject(secret, "data");
		if (!data)
			return fail(err, "out of memory");
	}
	entries_of((struct certificates *)c, entries);
	for (size_t i = 0; i < ENTRIES && result == 0; i++)
		result = put(data, &entries[i], err);
	return result;
}
