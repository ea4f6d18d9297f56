/* SPDX-License-Identifier: Apache-2.0 */
/* proc_dev.c - reads the links' counters from /proc/net/dev. */
#include "proc_dev.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATH "/proc/self/net/dev"

/* Columns of Linux' net/core/net-procfs.c, dev_seq_printf_stats(). */
enum {
	RX_BYTES,
	RX_PACKETS,
	RX_ERRORS,
	RX_DROPPED,
	TX_BYTES = 8,
	TX_PACKETS,
	TX_ERRORS,
	TX_DROPPED,
	COLUMNS
};

static bool read_columns(struct slice *line, struct link_reading *reading)
{
	uint64_t column[COLUMNS];
	struct slice word;

	for (unsigned i = 0; i < COLUMNS; i++)
		if (!next_word(line, &word) || !read_number(&word, &column[i]))
			return false;
	*reading = (struct link_reading){
	    .rx_bytes = column[RX_BYTES],
	    .tx_bytes = column[TX_BYTES],
	    .rx_packets = column[RX_PACKETS],
	    .tx_packets = column[TX_PACKETS],
	    .rx_errors = column[RX_ERRORS],
	    .tx_errors = column[TX_ERRORS],
	    .rx_dropped = column[RX_DROPPED],
	    .tx_dropped = column[TX_DROPPED],
	};
	return true;
}

/* Takes the name before the colon off the line. A name has no blank and no colon:
 * dev_valid_name() in Linux' net/core/dev.c. */
static bool read_name(struct slice *line, char name[IF_NAMESIZE])
{
	const char *colon;
	size_t length;

	while (line->at < line->end && *line->at == ' ')
		line->at++;
	if (line->at == line->end)
		return false;
	colon = memchr(line->at, ':', (size_t)(line->end - line->at));
	if (!colon)
		return false;
	length = (size_t)(colon - line->at);
	if (length == 0 || length >= IF_NAMESIZE || memchr(line->at, '\0', length))
		return false;
	memset(name, 0, IF_NAMESIZE);
	memcpy(name, line->at, length);
	line->at = colon + 1;
	return true;
}

bool proc_dev_line(struct slice line, char name[IF_NAMESIZE],
		   struct link_reading *reading)
{
	return read_name(&line, name) && read_columns(&line, reading);
}

/* Reads index and flags of an interface that the table does not know. False if it is
 * gone. */
static bool ask(int fd, const char *name, struct link_event *event)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, name, IF_NAMESIZE - 1);
	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		return false;
	event->ifindex = request.ifr_ifindex;
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return false;
	event->loopback = request.ifr_flags & IFF_LOOPBACK;
	memcpy(event->name, name, IF_NAMESIZE);
	return event->ifindex > 0;
}

/* Adds an interface that the table does not know by that name. If the kernel reported
 * it before, rtnetlink reports its kind and neighbours again. */
static void take_unknown(struct link_table *table, int fd, const char *name,
			 const struct link_reading *reading, enum link_origin origin,
			 double now)
{
	struct link_event event;

	memset(&event, 0, sizeof(event));
	if (!ask(fd, name, &event))
		return;
	event.has_reading = true;
	event.reading = *reading;
	link_table_event(table, &event, origin, now);
	if (event.loopback)
		link_table_reading(table, event.ifindex, reading, now);
}

/* Takes one line for proc_dev_read(). */
static bool take_line(struct link_table *table, int fd, struct slice line,
		      enum link_origin origin, double now, bool first)
{
	char name[IF_NAMESIZE];
	struct link_reading reading;
	const struct link_counters *link;

	if (!proc_dev_line(line, name, &reading))
		return false;
	if (first)
		link_table_resync_begin(table, now);
	link = link_table_named(table, name);
	if (link)
		link_table_still(table, link, &reading, now);
	else
		take_unknown(table, fd, name, &reading, origin, now);
	return true;
}

int proc_dev_read(struct link_table *table, enum link_origin origin, double now,
		  char *buffer, size_t size)
{
	/* Only for ask(): of any type, so of one that a confined monitor may have. */
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct lines lines;
	struct slice line;
	bool any = false;
	int failure;

	if (fd < 0)
		return errno;
	failure = lines_open(&lines, PATH, buffer, size);
	if (failure == 0) {
		while (lines_next(&lines, &line))
			any |= take_line(table, fd, line, origin, now, !any);
		failure = lines.failure;
		lines_close(&lines);
	}
	close(fd);
	if (any)
		link_table_resync_end(table, failure == 0);
	return failure == 0 && !any ? ENODATA : failure;
}

bool proc_dev_says_something(char *buffer, size_t size)
{
	char name[IF_NAMESIZE];
	struct link_reading r;
	struct lines lines;
	struct slice line;
	bool any = false;

	if (lines_open(&lines, PATH, buffer, size) != 0)
		return false;
	while (!any && lines_next(&lines, &line))
		any = proc_dev_line(line, name, &r) &&
		      (r.tx_packets | r.rx_packets | r.tx_bytes | r.rx_bytes) != 0;
	lines_close(&lines);
	return any;
}
