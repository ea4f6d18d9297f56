/* SPDX-License-Identifier: Apache-2.0 */
/* proc_tcp.c - reads the sockets from /proc/net/tcp, tcp6, udp and udp6. */
#include "proc_tcp.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"

#define READ_BYTES     4096 /* a line has about 150 bytes */
#define STATE_NEW      12   /* SYN_RECV: has no owner until it is accepted */
#define STATE_TIMEWAIT 6

/* The words of a line, from Linux' net/ipv4/tcp_ipv4.c, get_tcp4_sock(). */
enum { WORD_SLOT, WORD_LOCAL, WORD_REMOTE, WORD_STATE, WORD_INODE = 9, WORDS };

/* Reads "0100007F:1F90", or four times as many address digits for IPv6: each eight
 * digits are 32 bits of the address in memory order, printed as a number of this
 * machine. */
static bool read_end(struct slice word, struct in6_addr *address, uint16_t *port)
{
	uint32_t part[4], number;
	unsigned parts = 0;

	while (parts < 4 && word.at < word.end && *word.at != ':')
		if (!read_hex(&word, 8, &part[parts++]))
			return false;
	if ((parts != 1 && parts != 4) || word.end - word.at != 5 ||
	    *word.at++ != ':' || !read_hex(&word, 4, &number))
		return false;
	*port = (uint16_t)number;
	memset(address, 0, sizeof(*address));
	if (parts == 4) {
		memcpy(address, part, sizeof(*address));
	} else if (part[0] != 0) {
		address->s6_addr[10] = address->s6_addr[11] = 0xff;
		memcpy(&address->s6_addr[12], part, sizeof(part[0]));
	}
	return true;
}

static uint64_t cookie_of(const struct diag_socket *s, uint64_t inode)
{
	uint64_t hash = hash_bytes(HASH_START, &s->local, sizeof(s->local));

	hash = hash_bytes(hash, &s->remote, sizeof(s->remote));
	hash = hash_bytes(hash, &s->local_port, sizeof(s->local_port));
	hash = hash_bytes(hash, &s->remote_port, sizeof(s->remote_port));
	hash = hash_bytes(hash, &inode, sizeof(inode));
	return hash ? hash : 1;
}

bool proc_tcp_line(struct slice line, struct diag_socket *s)
{
	struct slice words[WORDS];
	uint32_t state;
	uint64_t inode;

	for (unsigned i = 0; i < WORDS; i++)
		if (!next_word(&line, &words[i]))
			return false;
	memset(s, 0, sizeof(*s));
	if (!read_end(words[WORD_LOCAL], &s->local, &s->local_port) ||
	    !read_end(words[WORD_REMOTE], &s->remote, &s->remote_port) ||
	    !read_hex(&words[WORD_STATE], 2, &state) ||
	    words[WORD_STATE].at != words[WORD_STATE].end ||
	    !read_number(&words[WORD_INODE], &inode) || state == STATE_TIMEWAIT ||
	    state == STATE_NEW)
		return false;
	s->state = (uint8_t)state;
	s->cookie = cookie_of(s, inode);
	return true;
}

/* The sockets to visit. */
enum wanted { WANT_LISTENERS, WANT_CONNECTED, WANT_ANY };

static int read_table(const char *path, enum wanted wanted, diag_visitor *visit,
		      void *context)
{
	char buffer[READ_BYTES];
	struct diag_socket s;
	struct lines lines;
	struct slice line;
	int failure = lines_open(&lines, path, buffer, sizeof(buffer));

	if (failure)
		return failure;
	while (lines_next(&lines, &line)) {
		if (!proc_tcp_line(line, &s) ||
		    (wanted != WANT_ANY &&
		     (s.state == STATE_LISTEN) != (wanted == WANT_LISTENERS)))
			continue;
		/* The table has no bytes: they count as 0. */
		s.has_counters = s.state != STATE_CLOSE;
		visit(context, &s);
	}
	failure = lines.failure;
	lines_close(&lines);
	return failure;
}

static const char *const tcp[] = {"/proc/self/net/tcp", "/proc/self/net/tcp6"};

int proc_tcp_dump(uint8_t protocol, diag_visitor *visit, void *context)
{
	static const char *const udp[] = {"/proc/self/net/udp", "/proc/self/net/udp6"};
	const char *const *paths = protocol == IPPROTO_TCP ? tcp : udp;
	int failures[2];

	if (protocol == IPPROTO_TCP)
		for (unsigned i = 0; i < 2; i++)
			read_table(paths[i], WANT_LISTENERS, visit, context);
	for (unsigned i = 0; i < 2; i++)
		failures[i] = read_table(paths[i], WANT_CONNECTED, visit, context);
	/* A kernel may lack one of the families. */
	return failures[1] == 0 ? 0 : failures[0];
}

static void note_any(void *context, const struct diag_socket *socket)
{
	*(bool *)context |= socket->local_port != 0;
}

bool proc_tcp_has_any(void)
{
	bool any = false;

	for (unsigned i = 0; i < 2 && !any; i++)
		read_table(tcp[i], WANT_ANY, note_any, &any);
	return any;
}
