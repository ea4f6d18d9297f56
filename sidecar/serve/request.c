/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - reads the head of a request. */
#include "dormouse/request.h"

#include <string.h>
#include <strings.h>

#include "dormouse/accept.h"

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
