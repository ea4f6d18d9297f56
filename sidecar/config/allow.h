/* SPDX-License-Identifier: Apache-2.0 */
/* allow.h - the destinations that a pod may send to: prefixes with ports. Pure. */
#ifndef DORMOUSE_CONFIG_ALLOW_H
#define DORMOUSE_CONFIG_ALLOW_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALLOW_RULES_MAX     64   /* that a user writes */
#define ALLOW_RESOLVERS_MAX 8    /* name servers, beyond these */
#define ALLOW_TEXT_MAX      1024 /* bytes of the list, with its NUL */

struct allow_rule {
	struct in6_addr address; /* IPv4 is v4-mapped */
	uint8_t bits;            /* of 128 that are compared */
	uint16_t port;           /* host order; 0: any */
};

struct allow_rules {
	bool is_set; /* else everything is allowed */
	unsigned count;
	struct allow_rule rules[ALLOW_RULES_MAX + ALLOW_RESOLVERS_MAX];
};

/* Adds a list such as "10.0.0.0/8,192.0.2.7:443,2001:db8::/32,[2001:db8::/32]:443", or
 * "none", which adds no rule. Bits beyond a prefix are ignored. Returns -1, and the
 * rules stay, if an entry is invalid or there are too many. */
int allow_parse(const char *text, struct allow_rules *rules);

/* The first entry of a list that is invalid by itself, copied to `entry` and cut to its
 * size; the whole list if each entry is valid, or that one is empty. Returns `entry`,
 * or `text`. */
const char *allow_refused(const char *text, char *entry, size_t size);

/* Adds port 53 of each name server that a resolv.conf(5) names. Other lines, and what
 * is no address, are passed over. */
void allow_resolvers(struct allow_rules *rules, const char *resolv_conf);

/* Whether the pod may send there. Port 0: it is not known, because the kernel forgets
 * the port of a connection that was refused; then the address decides. */
bool allow_permits(const struct allow_rules *rules, const struct in6_addr *address,
		   uint16_t port);

#endif
