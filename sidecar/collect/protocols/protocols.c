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

#include "base/clock.h"
#include "base/words.h"

/* snmp and netstat have about 1,400 and 4,100 bytes on Linux 6.18. Of a longer file
 * only this many bytes are read. */
#define READ_BYTES 16384

#define RETRY_S 10 /* until a file that could not be opened is tried again */

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

/* A word of the tables, with its length: a sample compares some hundred of them. */
struct word {
	const char *text;
	size_t length;
};

#define WORD(text)                                                                     \
	{                                                                              \
		text, sizeof(text) - 1                                                 \
	}

/* The place of a counter: the line's prefix and the column's name; for snmp6 the
 * name. */
struct counter_name {
	struct word line, column;
	enum protocol_counter counter;
};

/* The rows of a prefix stand together. */
static const struct counter_name pair_names[] = {
    {WORD("Tcp:"), WORD("ActiveOpens"), TCP_ACTIVE_OPENS},
    {WORD("Tcp:"), WORD("AttemptFails"), TCP_ATTEMPT_FAILS},
    {WORD("Tcp:"), WORD("OutSegs"), TCP_OUT_SEGS},
    {WORD("Tcp:"), WORD("RetransSegs"), TCP_RETRANS_SEGS},
    {WORD("Tcp:"), WORD("OutRsts"), TCP_OUT_RSTS},
    {WORD("Icmp:"), WORD("OutMsgs"), ICMP_OUT_MSGS},
    {WORD("Ip:"), WORD("OutRequests"), IP_OUT_REQUESTS},
    {WORD("Ip:"), WORD("ForwDatagrams"), IP_FORWARDED},
    {WORD("Udp:"), WORD("OutDatagrams"), UDP_OUT_DATAGRAMS},
    {WORD("UdpLite:"), WORD("OutDatagrams"), UDPLITE_OUT_DATAGRAMS},
    {WORD("TcpExt:"), WORD("EmbryonicRsts"), TCP_EMBRYONIC_RESETS},
    {WORD("IpExt:"), WORD("InOctets"), IP_IN_OCTETS},
    {WORD("IpExt:"), WORD("OutOctets"), IP_OUT_OCTETS},
};

static const struct counter_name list_names[] = {
    {WORD(""), WORD("Udp6OutDatagrams"), UDP6_OUT_DATAGRAMS},
    {WORD(""), WORD("UdpLite6OutDatagrams"), UDPLITE6_OUT_DATAGRAMS},
    {WORD(""), WORD("Ip6OutRequests"), IP6_OUT_REQUESTS},
    {WORD(""), WORD("Ip6OutForwDatagrams"), IP6_FORWARDED},
    {WORD(""), WORD("Icmp6OutMsgs"), ICMP6_OUT_MSGS},
    {WORD(""), WORD("Ip6InOctets"), IP6_IN_OCTETS},
    {WORD(""), WORD("Ip6OutOctets"), IP6_OUT_OCTETS},
};

#define NAMES(table) (sizeof(table) / sizeof((table)[0]))

struct protocols {
	int fds[FILE_COUNT];
	int failures[FILE_COUNT]; /* of opening them: an errno */
	bool complete;            /* all are open */
	double retry_at;
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

static bool equals(const struct slice *found, const struct word *word)
{
	return says(found, word->text, word->length);
}

/* The rows of a prefix: their number and the first of them. */
static size_t rows_of(const struct slice *prefix, const struct counter_name **first)
{
	size_t i = 0, count = 0;

	while (i < NAMES(pair_names) && !equals(prefix, &pair_names[i].line))
		i++;
	*first = pair_names + i;
	while (i + count < NAMES(pair_names) &&
	       equals(prefix, &pair_names[i + count].line))
		count++;
	return count;
}

/* The row with that name, or NULL. */
static const struct counter_name *find(const struct counter_name *rows, size_t count,
				       const struct slice *name)
{
	for (; count > 0; count--, rows++)
		if (equals(name, &rows->column))
			return rows;
	return NULL;
}

/* Reads one pair of lines after their prefixes, as far as the last of the rows:
 * TcpExt has over a hundred columns more. */
static void read_pair(const struct counter_name *rows, size_t count, struct slice names,
		      struct slice values, struct protocol_counters *counters)
{
	struct slice name, value;
	size_t left = count;

	while (left > 0 && next_word(&names, &name) && next_word(&values, &value)) {
		const struct counter_name *row = find(rows, count, &name);

		if (!row)
			continue;
		set(counters, row->counter, &value);
		left--;
	}
}

void protocols_parse_pairs(const char *text, size_t length,
			   struct protocol_counters *counters)
{
	struct slice rest = {text, text + length}, names, values, prefix, second;
	const struct counter_name *rows;
	size_t count;

	while (next_line(&rest, &names)) {
		struct slice ahead = rest;

		if (!next_word(&names, &prefix))
			continue;
		count = rows_of(&prefix, &rows);
		if (count == 0)
			continue;
		/* Only a line with the same prefix holds the values of these names. */
		if (!next_line(&ahead, &values) || !next_word(&values, &second) ||
		    second.end - second.at != prefix.end - prefix.at ||
		    memcmp(second.at, prefix.at, (size_t)(prefix.end - prefix.at)) != 0)
			continue;
		read_pair(rows, count, names, values, counters);
		rest = ahead;
	}
}

void protocols_parse_list(const char *text, size_t length,
			  struct protocol_counters *counters)
{
	struct slice rest = {text, text + length}, line, name, value;
	const struct counter_name *row;

	while (next_line(&rest, &line)) {
		if (!next_word(&line, &name))
			continue;
		row = find(list_names, NAMES(list_names), &name);
		if (row && next_word(&line, &value))
			set(counters, row->counter, &value);
	}
}

/* Opens the files that are not open. A kernel without IPv6 has no snmp6; others may be
 * missing only for the moment (EMFILE, ENOMEM). */
static void open_files(struct protocols *p)
{
	p->retry_at = clock_monotonic() + RETRY_S;
	p->complete = true;
	for (int file = 0; file < FILE_COUNT; file++) {
		if (p->fds[file] >= 0)
			continue;
		p->fds[file] = open(paths[file], O_RDONLY | O_CLOEXEC);
		p->failures[file] = p->fds[file] < 0 ? errno : 0;
		p->complete &= p->fds[file] >= 0;
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
		return p->failures[file];
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
	if (!p->complete && clock_monotonic() >= p->retry_at)
		open_files(p);
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

	if (!p) {
		fail_memory(err, "protocol counters");
		return NULL;
	}
	for (int file = 0; file < FILE_COUNT; file++)
		p->fds[file] = -1;
	open_files(p);
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
