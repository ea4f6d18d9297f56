/* SPDX-License-Identifier: Apache-2.0 */
/* allow.c - reads and applies the destinations that a pod may send to. */
#include "allow.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

#define V4_MAPPED   96 /* bits before an IPv4 address */
#define DNS_PORT    53
#define NAME_SERVER "nameserver"

/* The longest entry is "[ffff:...:ffff/128]:65535"; leading zeros are allowed. */
#define ENTRY_MAX 64

/* Cuts the text at `at`, a sign with a number behind it; NULL: there is none. */
static int take_number(char *at, unsigned long least, unsigned long most,
		       unsigned *number)
{
	if (!at)
		return 0;
	*at = '\0';
	return parse_count(at + 1, least, most, number);
}

static int parse_address(const char *text, struct in6_addr *address)
{
	const bool v4 = strchr(text, '.') != NULL;

	if (!v4)
		return inet_pton(AF_INET6, text, address) == 1 ? 0 : -1;
	memset(address, 0, sizeof(*address));
	address->s6_addr[10] = address->s6_addr[11] = 0xff;
	return inet_pton(AF_INET, text, &address->s6_addr[12]) == 1 ? 0 : -1;
}

/* Reads ADDRESS or ADDRESS/LENGTH; writes to the text. */
static int parse_prefix(char *text, struct allow_rule *rule)
{
	const unsigned before = strchr(text, '.') ? V4_MAPPED : 0;
	unsigned length = 128 - before;

	if (take_number(strrchr(text, '/'), 0, length, &length) < 0)
		return -1;
	rule->bits = (uint8_t)(before + length);
	return parse_address(text, &rule->address);
}

/* Cuts the port off an entry, and its brackets; only IPv4 and what is in brackets can
 * have one. Returns the prefix, NULL if it is invalid. */
static char *cut_port(char *entry, unsigned *port)
{
	const bool v4 = strchr(entry, '.') != NULL;
	char *end = strchr(entry, ']');
	char *sign = v4 ? strrchr(entry, ':') : NULL;

	*port = 0;
	if (entry[0] == '[') {
		if (v4 || !end || (end[1] != '\0' && end[1] != ':'))
			return NULL;
		sign = end[1] ? end + 1 : NULL;
		*end = '\0';
		entry++;
	}
	return take_number(sign, 1, UINT16_MAX, port) < 0 ? NULL : entry;
}

static int parse_entry(const char *text, size_t length, struct allow_rule *rule)
{
	char entry[ENTRY_MAX];
	unsigned port;

	if (length >= sizeof(entry))
		return -1;
	memcpy(entry, text, length);
	entry[length] = '\0';
	char *prefix = cut_port(entry, &port);
	if (!prefix || parse_prefix(prefix, rule) < 0)
		return -1;
	rule->port = (uint16_t)port;
	return 0;
}

/* Returns the first entry that is invalid, with its length; NULL: none. */
static const char *first_invalid(const char *text, size_t *length)
{
	struct allow_rule ignored;

	for (;; text += *length + 1) {
		*length = strcspn(text, ",");
		if (parse_entry(text, *length, &ignored) < 0)
			return text;
		if (text[*length] == '\0')
			return NULL;
	}
}

int allow_parse(const char *text, struct allow_rules *rules)
{
	const bool none = strcmp(text, "none") == 0;
	unsigned count = rules->count;
	size_t length;

	if (strlen(text) >= ALLOW_TEXT_MAX || (!none && first_invalid(text, &length)))
		return -1;
	for (; !none; text += length + 1) {
		if (count == ALLOW_RULES_MAX)
			return -1;
		length = strcspn(text, ",");
		parse_entry(text, length, &rules->rules[count++]);
		if (text[length] == '\0')
			break;
	}
	rules->count = count;
	rules->is_set = true;
	return 0;
}

const char *allow_refused(const char *text, char *entry, size_t size)
{
	size_t length;
	const char *invalid = first_invalid(text, &length);

	if (!invalid || length == 0)
		return text;
	snprintf(entry, size, "%.*s", (int)length, invalid);
	return entry;
}

void allow_resolvers(struct allow_rules *rules, const char *resolv_conf)
{
	const unsigned most = rules->count + ALLOW_RESOLVERS_MAX;

	for (const char *line = resolv_conf; *line && rules->count < most;) {
		struct allow_rule *rule = &rules->rules[rules->count];
		const size_t blank = strlen(NAME_SERVER);
		if (strncmp(line, NAME_SERVER, blank) == 0 &&
		    (line[blank] == ' ' || line[blank] == '\t')) {
			const char *name = line + blank + strspn(line + blank, " \t");
			/* "fe80::1%eth0": the link does not matter. */
			rules->count +=
			    parse_entry(name, strcspn(name, " \t\r\n%"), rule) == 0;
			rule->port = DNS_PORT;
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

static bool matches(const struct allow_rule *rule, const struct in6_addr *address)
{
	const unsigned bytes = rule->bits / 8, bits = rule->bits % 8;

	if (memcmp(&rule->address, address, bytes) != 0)
		return false;
	return bits == 0 ||
	       (rule->address.s6_addr[bytes] ^ address->s6_addr[bytes]) >> (8 - bits) ==
		   0;
}

bool allow_permits(const struct allow_rules *rules, const struct in6_addr *address,
		   uint16_t port)
{
	if (!rules->is_set)
		return true;
	for (unsigned i = 0; i < rules->count; i++) {
		const struct allow_rule *rule = &rules->rules[i];
		const bool at_port = rule->port == 0 || port == 0 || rule->port == port;
		if (at_port && matches(rule, address))
			return true;
	}
	return false;
}
