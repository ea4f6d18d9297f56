/* SPDX-License-Identifier: Apache-2.0 */
/* local_request.c - tells requests of a local client from those of foreign web pages.
 */
#include "local_request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "connections.h"

#define HOST_WANTED   "the Host must be localhost, 127.0.0.1 or [::1], with any port"
#define ORIGIN_WANTED "only pages of this address may read it: the Origin is another"
#define SITE_WANTED   "other sites may link to this address, but not read it"

#define HOST_MAX 64

/* --- hosts ---------------------------------------------------------------------------
 */
static bool is_loopback_ipv4(const char *text)
{
	struct in_addr in;

	return inet_pton(AF_INET, text, &in) == 1 &&
	       ntohl(in.s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool is_loopback_ipv6(const char *text)
{
	struct in6_addr in6;

	return inet_pton(AF_INET6, text, &in6) == 1 && IN6_IS_ADDR_LOOPBACK(&in6);
}

/* "" or ":" and digits. */
static bool is_port(const char *text)
{
	return text[0] == '\0' ||
	       (text[0] == ':' && text[strspn(text + 1, "0123456789") + 1] == '\0');
}

bool local_request_is_host(const char *host)
{
	bool bracket = host[0] == '[';
	size_t length = strcspn(host, bracket ? "]" : ":");
	const char *after = host + length + (bracket && host[length]);
	char name[HOST_MAX];

	if (length >= sizeof(name) || !is_port(after))
		return false;
	memcpy(name, host, length);
	name[length] = '\0';
	if (bracket)
		return host[length] == ']' && is_loopback_ipv6(name + 1);
	return strcasecmp(name, "localhost") == 0 || is_loopback_ipv4(name);
}

bool local_request_is_origin(const char *origin, const char *host)
{
	const char *authority = strstr(origin, "://");

	return authority && strncasecmp(origin, "http", 4) == 0 &&
	       strcasecmp(authority + 3, host) == 0;
}

/* Whether the target names no host, or a local one: in absolute-form that host counts,
 * not the header (RFC 9112, 3.2.2). */
static bool is_target_local(const char *target)
{
	const char *authority = strstr(target, "://");
	char host[HOST_MAX];

	if (target[0] == '/' || !authority)
		return true;
	size_t length = strcspn(authority + 3, "/?#");
	if (length >= sizeof(host))
		return false;
	memcpy(host, authority + 3, length);
	host[length] = '\0';
	return local_request_is_host(host);
}

/* --- requests ------------------------------------------------------------------------
 */
/* Whether the client connected to a loopback address of ours. */
static bool is_on_loopback(struct MHD_Connection *connection)
{
	const struct connection *c = connection_of(connection);
	struct sockaddr_in6 in6 = {.sin6_family = AF_UNSPEC};
	struct sockaddr_in in;
	socklen_t length = sizeof(in6);

	if (!c || getsockname(c->fd, (struct sockaddr *)&in6, &length) < 0)
		return true;
	if (in6.sin6_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) ||
		       (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) &&
			in6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
	memcpy(&in, &in6, sizeof(in));
	return ntohl(in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

struct head {
	unsigned hosts;
	bool all_local;   /* each Host is */
	bool all_same;    /* each Origin is that of `host` */
	const char *host; /* or "" */
};

static enum MHD_Result read_header(void *context, enum MHD_ValueKind kind,
				   const char *name, const char *value)
{
	struct head *head = context;

	(void)kind;
	if (strcasecmp(name, "Host") == 0) {
		head->hosts++;
		head->all_local &= value && local_request_is_host(value);
	} else if (strcasecmp(name, "Origin") == 0) {
		head->all_same &= value && local_request_is_origin(value, head->host);
	}
	return MHD_YES;
}

static bool is_header(struct MHD_Connection *connection, const char *name,
		      const char *wanted)
{
	const char *value =
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value && strcasecmp(value, wanted) == 0;
}

/* Whether a page of another site has asked, other than by a link that a person
 * follows. */
static bool is_of_other_site(struct MHD_Connection *c)
{
	if (!is_header(c, "Sec-Fetch-Site", "cross-site") &&
	    !is_header(c, "Sec-Fetch-Site", "same-site"))
		return false;
	return !is_header(c, "Sec-Fetch-Mode", "navigate") ||
	       !is_header(c, "Sec-Fetch-Dest", "document");
}

const char *local_request_refusal(struct MHD_Connection *connection, const char *target,
				  const char *version)
{
	struct head head = {.all_local = true, .all_same = true};

	head.host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
	if (!head.host)
		head.host = "";
	MHD_get_connection_values(connection, MHD_HEADER_KIND, read_header, &head);
	if (head.hosts == 0 && strcmp(version, "HTTP/1.0") != 0)
		return HOST_WANTED;
	if (is_on_loopback(connection) && (!head.all_local || !is_target_local(target)))
		return HOST_WANTED;
	if (!head.all_same)
		return ORIGIN_WANTED;
	return is_of_other_site(connection) ? SITE_WANTED : NULL;
}
