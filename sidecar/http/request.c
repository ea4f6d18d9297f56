/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - reads the head of a request. */
#include "request.h"

#include <string.h>
#include <strings.h>

#include "accept.h"

const char *request_path(const char *target)
{
	static const char *const schemes[] = {"http://", "https://"};

	if (target[0] == '/')
		return target;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t length = strlen(schemes[i]);
		if (strncasecmp(target, schemes[i], length) != 0)
			continue;
		const char *authority = target + length;
		size_t end = strcspn(authority, "/");
		if (end == 0 || authority[0] == ':' || memchr(authority, '@', end))
			return NULL;
		return authority[end] ? authority + end : "/";
	}
	return NULL;
}

bool request_has_body(struct MHD_Connection *c)
{
	const char *length =
	    MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");

	return (length && length[strspn(length, "0")] != '\0') ||
	       MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Transfer-Encoding");
}

static enum MHD_Result read_accept(void *context, enum MHD_ValueKind kind,
				   const char *name, const char *value)
{
	(void)kind;
	if (value && strcasecmp(name, "Accept") == 0)
		accept_read(context, value);
	return MHD_YES;
}

bool request_prefers_openmetrics(struct MHD_Connection *c)
{
	struct accept accept = ACCEPT_NOTHING;

	MHD_get_connection_values(c, MHD_HEADER_KIND, read_accept, &accept);
	return accept_prefers_openmetrics(&accept);
}
