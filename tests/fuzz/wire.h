/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - any bytes as what libcurl receives. The transport is left out: a handle that
 * hands over the bytes in pieces takes its place, so that an input costs microseconds
 * and not a TLS handshake. */
#ifndef TESTS_FUZZ_WIRE_H
#define TESTS_FUZZ_WIRE_H

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo

static struct {
	size_t (*write)(char *data, size_t one, size_t length, void *context);
	void *context;
	long status; /* 0: no answer */
	size_t piece;
	const uint8_t *data;
	size_t size;
	unsigned requests, most; /* later requests have no answer */
	/* Each request takes the data up to this byte; the last part is for all later
	 * ones. 0: all requests take all. */
	uint8_t separator;
	size_t at; /* where the next request's part begins */
} wire;

CURL *curl_easy_init(void)
{
	return (CURL *)&wire;
}

void curl_easy_cleanup(CURL *curl)
{
	(void)curl;
}

CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	va_list more;

	(void)curl;
	va_start(more, option);
	if (option == CURLOPT_WRITEFUNCTION)
		wire.write = va_arg(more, size_t(*)(char *, size_t, size_t, void *));
	if (option == CURLOPT_WRITEDATA)
		wire.context = va_arg(more, void *);
	va_end(more);
	return CURLE_OK;
}

CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
	va_list more;

	(void)curl;
	(void)info; /* only the status is asked for */
	va_start(more, info);
	*va_arg(more, long *) = wire.status;
	va_end(more);
	return CURLE_OK;
}

static CURLcode wire_deliver(const uint8_t *data, size_t size)
{
	for (size_t at = 0; at < size; at += wire.piece) {
		const size_t left = size - at;
		const size_t length = left < wire.piece ? left : wire.piece;
		char *piece = malloc(length);

		memcpy(piece, data + at, length);
		const size_t taken = wire.write(piece, 1, length, wire.context);
		free(piece);
		if (taken != length)
			return CURLE_WRITE_ERROR;
	}
	return CURLE_OK;
}

CURLcode curl_easy_perform(CURL *curl)
{
	const uint8_t *data = wire.data;
	size_t size = wire.size;
	const uint8_t *end;

	(void)curl;
	if (wire.status == 0 || ++wire.requests > wire.most)
		return CURLE_COULDNT_CONNECT;
	if (wire.separator) {
		data += wire.at;
		size -= wire.at;
		end = memchr(data, wire.separator, size);
		if (end) {
			size = (size_t)(end - data);
			wire.at += size + 1;
		}
	}
	return wire_deliver(data, size);
}

#endif
