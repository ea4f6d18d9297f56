/* SPDX-License-Identifier: Apache-2.0 */
/* protocols.c - reads /proc/net/snmp, snmp6 and netstat, each through one descriptor
 * that stays open: opening costs more than reading, and the descriptor stays in its
 * namespace. */
#include "protocols.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/words.h"

/* snmp and netstat have about 1,400 and 4,100 bytes on Linux 6.18. Of a longer file
 * only this many bytes are read. */
#define READ_BYTES 16384

#define BIT(counter) (1u << (counter))

enum { FILE_SNMP, FILE_SNMP6, FILE_NETSTAT, FILE_COUNT };

static const char *const paths[FILE_COUNT] = {
    "/proc/self/net/snmp",
    "/proc/self/net/snmp6",
    "/proc/self/net/netstat",
};

static const uint32_t counters_of[FILE_COUNT] = {
    BIT(TCP_ACTIVE_OPENS) | BIT(TCP_ATTEMPT_FAILS) | BIT(TCP_OUT_SEGS) |
	BIT(TCP_OUT_RSTS) | BIT(TCP_RETRANS_SEGS) | BIT(UDP_OUT_DATAGRAMS) |
	BIT(UDPLITE_OUT_DATAGRAMS) | BIT(ICMP_OUT_MSGS) | BIT(IP_OUT_REQUESTS) |
	BIT(IP_FORWARDED),
    BIT(UDP6_OUT_DATAGRAMS) | BIT(UDPLITE6_OUT_DATAGRAMS) | BIT(IP6_OUT_REQUESTS) |
	BIT(IP6_IN_OCTETS) | BIT(IP6_OUT_OCTETS) | BIT(ICMP6_OUT_MSGS) |
	BIT(IP6_FORWARDED),
    BIT(TCP_EMBRYONIC_RESETS) | BIT(IP_IN_OCTETS) | BIT(IP_OUT_OCTETS),
};

/* The place of a counter: the line's prefix and the column's name; for snmp6 the
 * name. */
struct counter_name {
	const char *line, *column;
	enum protocol_counter counter;
};

static const struct counter_name pair_names[] = {
    {"Tcp:", "ActiveOpens", TCP_ACTIVE_OPENS},
    {"Tcp:", "AttemptFails", TCP_ATTEMPT_FAILS},
    {"Tcp:", "OutSegs", TCP_OUT_SEGS},
    {"Tcp:", "RetransSegs", TCP_RETRANS_SEGS},
    {"Tcp:", "OutRsts", TCP_OUT_RSTS},
    {"Icmp:", "OutMsgs", ICMP_OUT_MSGS},
    {"Ip:", "OutRequests", IP_OUT_REQUESTS},
    {"Ip:", "ForwDatagrams", IP_FORWARDED},
    {"Udp:", "OutDatagrams", UDP_OUT_DATAGRAMS},
    {"UdpLite:", "OutDatagrams", UDPLITE_OUT_DATAGRAMS},
    {"TcpExt:", "EmbryonicRsts", TCP_EMBRYONIC_RESETS},
    {"IpExt:", "InOctets", IP_IN_OCTETS},
    {"IpExt:", "OutOctets", IP_OUT_OCTETS},
};

static const struct counter_name list_names[] = {
    {"", "Udp6OutDatagrams", UDP6_OUT_DATAGRAMS},
    {"", "UdpLite6OutDatagrams", UDPLITE6_OUT_DATAGRAMS},
    {"", "Ip6OutRequests", IP6_OUT_REQUESTS},
    {"", "Ip6OutForwDatagrams", IP6_FORWARDED},
    {"", "Icmp6OutMsgs", ICMP6_OUT_MSGS},
    {"", "Ip6InOctets", IP6_IN_OCTETS},
    {"", "Ip6OutOctets", IP6_OUT_OCTETS},
};

#define NAMES(table) (sizeof(table) / sizeof((table)[0]))

struct protocols {
	int fds[FILE_COUNT];
	struct protocol_counters counters;
	char text[READ_BYTES];
};

static void set(struct protocol_counters *counters, enum protocol_counter counter,
		const struct slice *word)
{
	uint64_t number;

	if (!read_number(word, &number))
		return;
	counters->present |= BIT(counter);
	counters->value[counter] = number;
}

/* Whether any counter is in lines with that prefix. */
static bool wanted_line(const struct slice *prefix)
{
	size_t i;

	for (i = 0; i < NAMES(pair_names); i++)
		if (says(prefix, pair_names[i].line))
			return true;
	return false;
}

/* Reads one pair of lines after their prefixes. */
static void read_pair(const struct slice *prefix, struct slice names,
		      struct slice values, struct protocol_counters *counters)
{
	struct slice name, value;
	size_t i;

	while (next_word(&names, &name) && next_word(&values, &value))
		for (i = 0; i < NAMES(pair_names); i++)
			if (says(&name, pair_names[i].column) &&
			    says(prefix, pair_names[i].line))
				set(counters, pair_names[i].counter, &value);
}

void protocols_parse_pairs(const char *text, size_t length,
			   struct protocol_counters *counters)
{
	struct slice rest = {text, text + length}, names, values, prefix, second;

	while (next_line(&rest, &names)) {
		struct slice ahead = rest;

		if (!next_word(&names, &prefix) || !wanted_line(&prefix))
			continue;
		/* Only a line with the same prefix holds the values of these names. */
		if (!next_line(&ahead, &values) || !next_word(&values, &second) ||
		    second.end - second.at != prefix.end - prefix.at ||
		    memcmp(second.at, prefix.at, (size_t)(prefix.end - prefix.at)) != 0)
			continue;
		read_pair(&prefix, names, values, counters);
		rest = ahead;
	}
}

void protocols_parse_list(const char *text, size_t length,
			  struct protocol_counters *counters)
{
	struct slice rest = {text, text + length}, line, name, value;
	size_t i;

	while (next_line(&rest, &line)) {
		if (!next_word(&line, &name) || !next_word(&line, &value))
			continue;
		for (i = 0; i < NAMES(list_names); i++)
			if (says(&name, list_names[i].column))
				set(counters, list_names[i].counter, &value);
	}
}

/* Reads one file from its beginning. Returns 0 or an errno. */
static int read_file(struct protocols *p, int file)
{
	struct protocol_counters *counters = &p->counters;
	size_t length = 0;
	ssize_t got;

	counters->present &= ~counters_of[file];
	if (p->fds[file] < 0)
		return ENOENT;
	do {
		got = pread(p->fds[file], p->text + length, sizeof(p->text) - length,
			    (off_t)length);
		if (got > 0)
			length += (size_t)got;
	} while ((got > 0 && length < sizeof(p->text)) || (got < 0 && errno == EINTR));
	if (got < 0)
		return errno;
	if (file == FILE_SNMP6)
		protocols_parse_list(p->text, length, counters);
	else
		protocols_parse_pairs(p->text, length, counters);
	return 0;
}

int protocols_read(struct protocols *p, struct error *err)
{
	int failure = read_file(p, FILE_SNMP);

	if (failure)
		return fail_errno(err, failure, "read %s", paths[FILE_SNMP]);
	if (!protocol_has(&p->counters, TCP_OUT_SEGS))
		return fail(err, "%s has no TCP counters", paths[FILE_SNMP]);
	return 0;
}

void protocols_read_ip6(struct protocols *p)
{
	read_file(p, FILE_SNMP6);
}

void protocols_read_netstat(struct protocols *p)
{
	read_file(p, FILE_NETSTAT);
}

struct protocols *protocols_open(struct error *err)
{
	struct protocols *p = calloc(1, sizeof(*p));
	int file;

	if (!p) {
		fail_memory(err, "protocol counters");
		return NULL;
	}
	for (file = 0; file < FILE_COUNT; file++)
		p->fds[file] = -1;
	for (file = 0; file < FILE_COUNT; file++) {
		p->fds[file] = open(paths[file], O_RDONLY | O_CLOEXEC);
		if (p->fds[file] < 0 && file == FILE_SNMP) {
			fail_errno(err, errno, "open %s", paths[file]);
			protocols_close(p);
			return NULL;
		}
	}
	return p;
}

void protocols_close(struct protocols *p)
{
	int file;

	if (!p)
		return;
	for (file = 0; file < FILE_COUNT; file++)
		if (p->fds[file] >= 0)
			close(p->fds[file]);
	free(p);
}

const struct protocol_counters *protocols_counters(const struct protocols *p)
{
	return &p->counters;
}
