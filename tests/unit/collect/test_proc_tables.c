/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc/net/dev and /proc/net/tcp say, line by line, and through a small buffer.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/testing.h"
#include "collect/links/proc_dev.h"
#include "collect/sockets/proc_tcp.h"

static struct slice span_of(const char *text)
{
	return (struct slice){text, text + strlen(text)};
}

CASE(a_line_of_dev_is_a_name_and_its_counters)
{
	static const char *const lines[] = {
	    "  eth0:    1234       5    6  7  8  9   10    11     5678  12 13 14 15 16",
	    "eth0:1234 5 6 7 8 9 10 11 5678 12 13 14 15 16 17 18", /* older kernels */
	    "eth0: 1234 5 6 7 8 9 10 11 5678 12 13 14",
	};
	char name[IF_NAMESIZE];
	struct link_reading r;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		memset(&r, 0, sizeof(r));
		assert_true(proc_dev_line(span_of(lines[i]), name, &r));
		assert_string_equal(name, "eth0");
		assert_int_equal(r.rx_bytes, 1234);
		assert_int_equal(r.rx_packets, 5);
		assert_int_equal(r.rx_errors, 6);
		assert_int_equal(r.rx_dropped, 7);
		assert_int_equal(r.tx_bytes, 5678);
		assert_int_equal(r.tx_packets, 12);
		assert_int_equal(r.tx_errors, 13);
		assert_int_equal(r.tx_dropped, 14);
	}
}

CASE(other_lines_of_dev_are_none)
{
	static const char *const lines[] = {
	    "",
	    "Inter-|   Receive                            |  Transmit",
	    " face |bytes    packets errs drop fifo frame compressed multicast|bytes",
	    "eth0: 1 2 3 4 5 6 7 8 9 10 11", /* cut */
	    "eth0: 1 2 3 4 5 6 7 8 nine 10 11 12",
	    "eth0: -1 2 3 4 5 6 7 8 9 10 11 12",
	    "eth0: 99999999999999999999 2 3 4 5 6 7 8 9 10 11 12",
	    ": 1 2 3 4 5 6 7 8 9 10 11 12",
	    "aninterfacename0: 1 2 3 4 5 6 7 8 9 10 11 12", /* 16 bytes */
	    "eth0",
	};
	char name[IF_NAMESIZE];
	struct link_reading r;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(proc_dev_line(span_of(lines[i]), name, &r));
}

/* The tables have addresses as numbers of the machine. */
static const char *line_of(uint32_t local, uint32_t remote, const char *state)
{
	static char line[256];

	snprintf(line, sizeof(line),
		 "   1: %08X:1F90 %08X:01BB %s 00000000:00000000 00:00000000 00000000  "
		 "1000        0 4711 1 0000000000000000 20 4 24 10 -1",
		 htonl(local), htonl(remote), state);
	return line;
}

CASE(a_line_of_tcp_is_a_socket)
{
	struct diag_socket s, other;
	char text[INET6_ADDRSTRLEN];

	assert_true(proc_tcp_line(span_of(line_of(0x0a4d0001, 0x0a4d0002, "01")), &s));
	inet_ntop(AF_INET6, &s.local, text, sizeof(text));
	assert_string_equal(text, "::ffff:10.77.0.1");
	inet_ntop(AF_INET6, &s.remote, text, sizeof(text));
	assert_string_equal(text, "::ffff:10.77.0.2");
	assert_int_equal(s.local_port, 8080);
	assert_int_equal(s.remote_port, 443);
	assert_int_equal(s.state, STATE_ESTABLISHED);
	assert_int_not_equal(s.cookie, 0);
	/* The same socket in another state is the same; another peer's is not. */
	assert_true(
	    proc_tcp_line(span_of(line_of(0x0a4d0001, 0x0a4d0002, "08")), &other));
	assert_int_equal(s.cookie, other.cookie);
	assert_true(
	    proc_tcp_line(span_of(line_of(0x0a4d0001, 0x0a4d0003, "01")), &other));
	assert_int_not_equal(s.cookie, other.cookie);
	assert_true(proc_tcp_line(span_of(line_of(0, 0, "0A")), &s));
	assert_int_equal(s.state, STATE_LISTEN);
	assert_true(IN6_IS_ADDR_UNSPECIFIED(&s.remote));
}

CASE(a_line_of_tcp6_is_a_socket)
{
	char line[256], text[INET6_ADDRSTRLEN];
	struct diag_socket s;

	snprintf(line, sizeof(line),
		 "0: %08X%08X%08X%08X:0050 %08X%08X%08X%08X:1234 01 0:0 0:0 0 0 0 7",
		 htonl(0xfd770000), 0, 0, htonl(1), 0, 0, htonl(0xffff),
		 htonl(0x01020304));
	assert_true(proc_tcp_line(span_of(line), &s));
	inet_ntop(AF_INET6, &s.local, text, sizeof(text));
	assert_string_equal(text, "fd77::1");
	inet_ntop(AF_INET6, &s.remote, text, sizeof(text));
	assert_string_equal(text, "::ffff:1.2.3.4");
	assert_int_equal(s.remote_port, 0x1234);
}

CASE(other_lines_of_tcp_are_none)
{
	static const char *const lines[] = {
	    "",
	    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when inode",
	    "0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0", /* no inode */
	    "0: 0100007F:1F9 00000000:0000 0A 0:0 0:0 0 0 0 7",
	    "0: 0100007:1F90 00000000:0000 0A 0:0 0:0 0 0 0 7",
	    "0: 0100007F0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 7",
	    "0: 0100007G:1F90 00000000:0000 0A 0:0 0:0 0 0 0 7",
	    "0: 0100007F:1F90 00000000:0000 0A1 0:0 0:0 0 0 0 7",
	    "0: 0100007F:1F90 00000000:0000 06 0:0 0:0 0 0 0 7", /* TIME_WAIT */
	    "0: 0100007F:1F90 00000000:0000 0C 0:0 0:0 0 0 0 7", /* SYN_RECV */
	    "0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 x",
	};
	struct diag_socket s;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(proc_tcp_line(span_of(lines[i]), &s));
}

/* A file is read whole through any buffer that a line fits; a longer line is passed
 * over, and so is a last one without its end. */
CASE(lines_come_whole_through_any_buffer)
{
	char path[] = "/tmp/dormouse-lines.XXXXXX", buffer[64];
	const char text[] = "a\n\nbcdef gh\n0123456789012345678901234567890123456789\n"
			    "last one\nno end";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	for (size_t size = 10; size <= sizeof(buffer); size++) {
		struct lines lines;
		struct slice line;
		size_t count = 0, length = 0;

		assert_int_equal(lines_open(&lines, path, buffer, size), 0);
		while (lines_next(&lines, &line)) {
			count++;
			length += (size_t)(line.end - line.at);
			if (count == 3)
				assert_true(says(&line, "bcdef gh", 8));
		}
		assert_int_equal(lines.failure, 0);
		lines_close(&lines);
		assert_int_equal(count, size > 40 ? 5 : 4);
		assert_int_equal(length, size > 40 ? 1 + 8 + 40 + 8 : 1 + 8 + 8);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_of_dev_is_a_name_and_its_counters),
	    cmocka_unit_test(other_lines_of_dev_are_none),
	    cmocka_unit_test(a_line_of_tcp_is_a_socket),
	    cmocka_unit_test(a_line_of_tcp6_is_a_socket),
	    cmocka_unit_test(other_lines_of_tcp_are_none),
	    cmocka_unit_test(lines_come_whole_through_any_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
