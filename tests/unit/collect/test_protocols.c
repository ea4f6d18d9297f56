/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/snmp, snmp6 and netstat: canned, mutilated, and a real kernel's. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include "../support/namespace_fixture.h"
#include "../support/testing.h"
#include "collect/protocols/protocols.h"

static const char snmp[] =
    "Ip: Forwarding DefaultTTL InReceives OutRequests\n"
    "Ip: 1 64 2821 1611\n"
    "IcmpMsg: InType3\n"
    "IcmpMsg: 1\n"
    "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens InSegs OutSegs\n"
    "Tcp: 1 200 120000 -1 13 2 2794 1581\n"
    "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\n"
    "Udp: 26 0 0 27 0\n"
    "UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\n"
    "UdpLite: 0 0 0 3 0\n";

static struct protocol_counters parsed(const char *text)
{
	struct protocol_counters counters = {0};

	protocols_parse_pairs(text, strlen(text), &counters);
	return counters;
}

CASE(columns_are_found_by_name)
{
	struct protocol_counters p = parsed(snmp);

	assert_int_equal(p.value[TCP_ACTIVE_OPENS], 13);
	assert_int_equal(p.value[TCP_OUT_SEGS], 1581);
	assert_int_equal(p.value[UDP_OUT_DATAGRAMS], 27);
	assert_int_equal(p.value[UDPLITE_OUT_DATAGRAMS], 3);
	assert_false(protocol_has(&p, IP_OUT_OCTETS));
}

CASE(columns_may_move_and_new_ones_appear)
{
	struct protocol_counters p = parsed("Mptcp: New\nMptcp: 5\n"
					    "Tcp: OutSegs Novel ActiveOpens\n"
					    "Tcp: 7 99 8\n");

	assert_int_equal(p.value[TCP_OUT_SEGS], 7);
	assert_int_equal(p.value[TCP_ACTIVE_OPENS], 8);
	assert_false(protocol_has(&p, UDP_OUT_DATAGRAMS));
}

CASE(the_same_column_of_another_protocol_is_another)
{
	struct protocol_counters p = parsed("TcpExt: OutSegs OutDatagrams\n"
					    "TcpExt: 7 8\n"
					    "IpExt: InNoRoutes InOctets OutOctets\n"
					    "IpExt: 0 100 18446744073709551615\n");

	assert_false(protocol_has(&p, TCP_OUT_SEGS));
	assert_false(protocol_has(&p, UDP_OUT_DATAGRAMS));
	assert_int_equal(p.value[IP_IN_OCTETS], 100);
	assert_int_equal(p.value[IP_OUT_OCTETS], UINT64_MAX);
}

CASE(what_is_no_number_is_not_present)
{
	struct protocol_counters p = parsed("Tcp: OutSegs ActiveOpens\nTcp: -1 12x\n"
					    "Udp: OutDatagrams\n"
					    "Udp: 18446744073709551616\n");

	assert_int_equal(p.present, 0);
}

CASE(a_text_cut_anywhere_gives_only_whole_numbers)
{
	struct protocol_counters whole = parsed(snmp);
	size_t length;
	int i;

	for (length = 0; length < sizeof(snmp) - 1; length++) {
		struct protocol_counters p = {0};

		protocols_parse_pairs(snmp, length, &p);
		for (i = 0; i < PROTOCOL_COUNTER_COUNT; i++)
			if (protocol_has(&p, (enum protocol_counter)i))
				assert_int_equal(p.value[i], whole.value[i]);
	}
}

CASE(names_without_their_values_are_passed_over)
{
	struct protocol_counters p =
	    parsed("Tcp: OutSegs ActiveOpens\n"
		   "Udp: OutDatagrams\n"
		   "Udp: 27\n"
		   "\n \nTcp:\nTcp: 1\nUdpLite: OutDatagrams\n");

	assert_false(protocol_has(&p, TCP_OUT_SEGS));
	assert_int_equal(p.value[UDP_OUT_DATAGRAMS], 27);
	assert_false(protocol_has(&p, UDPLITE_OUT_DATAGRAMS));
}

CASE(values_are_those_of_the_line_that_follows_with_the_same_prefix)
{
	/* Fewer values than names; a blank line; another prefix, of another length and
	 * of the same. */
	struct protocol_counters p = parsed("Tcp: OutSegs ActiveOpens\n"
					    "Tcp: 7\n"
					    "Udp: OutDatagrams\n"
					    "\n"
					    "Udp: 1\n"
					    "Icmp: OutMsgs\n"
					    "IcmpMsg: 2\n"
					    "Ip: OutRequests\n"
					    "It: 3\n");

	assert_int_equal(p.value[TCP_OUT_SEGS], 7);
	assert_int_equal(p.present, 1u << TCP_OUT_SEGS);
}

CASE(snmp6_is_a_name_and_a_value_a_line)
{
	static const char text[] = "Ip6InReceives                   \t7\n"
				   "Ip6InOctets                     \t700\n"
				   "Ip6OutOctets                    \t800\n"
				   "Ip6OutRequests\n"
				   "\n"
				   "Udp6OutDatagrams                \t9\n"
				   "Udp6OutDatagramsNovel           \t10\n"
				   "UdpLite6OutDatagrams            \t1";
	struct protocol_counters p = {0};

	protocols_parse_list(text, sizeof(text) - 1, &p);
	assert_int_equal(p.value[IP6_IN_OCTETS], 700);
	assert_int_equal(p.value[IP6_OUT_OCTETS], 800);
	assert_int_equal(p.value[UDP6_OUT_DATAGRAMS], 9);
	assert_false(protocol_has(&p, UDPLITE6_OUT_DATAGRAMS));
	assert_false(protocol_has(&p, IP6_OUT_REQUESTS));
}

CASE(any_bytes_will_do)
{
	char text[400];
	uint32_t seed = 1;
	int round;

	for (round = 0; round < 20000; round++) {
		static const char some[] = "TcpUd:IExt \n\t019-OutSegs";
		struct protocol_counters p = {0};
		size_t i, length;

		for (i = 0; i < sizeof(text); i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = some[(seed >> 16) % sizeof(some)];
		}
		length = (seed >> 8) % sizeof(text);
		protocols_parse_pairs(text, length, &p);
		protocols_parse_list(text, length, &p);
		assert_true(p.present < 1u << PROTOCOL_COUNTER_COUNT);
	}
}

/* Sends `count` datagrams of ten bytes to loopback's discard port. */
static void send_datagrams(int family, int count)
{
	struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	to4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to6.sin6_addr = in6addr_loopback;
	while (count-- > 0)
		assert_int_equal(family == AF_INET
				     ? sendto(fd, "0123456789", 10, 0,
					      (struct sockaddr *)&to4, sizeof(to4))
				     : sendto(fd, "0123456789", 10, 0,
					      (struct sockaddr *)&to6, sizeof(to6)),
				 10);
	close(fd);
}

static void read_all(struct protocols *p)
{
	struct error err;

	if (protocols_read(p, &err) < 0)
		fail_msg("%s", err.text);
	protocols_read_ip6(p);
	protocols_read_netstat(p);
}

static void assert_a_kernels_counters_move(void)
{
	struct error err;
	struct protocols *p = protocols_open(&err);
	struct protocol_counters before;

	assert_non_null(p);
	read_all(p);
	before = *protocols_counters(p);
	assert_int_equal(before.present, (1u << PROTOCOL_COUNTER_COUNT) - 1);
	send_datagrams(AF_INET, 5);
	send_datagrams(AF_INET6, 3);
	read_all(p);
	assert_int_equal(protocols_counters(p)->value[UDP_OUT_DATAGRAMS],
			 before.value[UDP_OUT_DATAGRAMS] + 5);
	assert_int_equal(protocols_counters(p)->value[UDP6_OUT_DATAGRAMS],
			 before.value[UDP6_OUT_DATAGRAMS] + 3);
	assert_true(protocols_counters(p)->value[IP_OUT_OCTETS] >=
		    before.value[IP_OUT_OCTETS] + 5 * 38);
	protocols_close(p);
}

static void a_real_kernels_counters_are_read_exactly(void **state)
{
	if (!*(int *)*state)
		skip();
	assert_a_kernels_counters_move();
}

static void nobody_without_capabilities_reads_them_too(void **state)
{
	int status = 0;
	pid_t child;

	if (!*(int *)*state)
		skip();
	fflush(NULL);
	child = fork();
	if (child == 0) {
		struct error err;
		struct protocols *p;

		if (setresgid(65532, 65532, 65532) < 0 ||
		    setresuid(65532, 65532, 65532) < 0)
			_exit(2);
		p = protocols_open(&err);
		_exit(!p || protocols_read(p, &err) < 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* What is there when so many more descriptors may be opened; 0 if the reading fails,
 * which must then say why. */
static uint32_t present_with(rlim_t descriptors)
{
	const int next = dup(STDIN_FILENO);
	const rlim_t most = (rlim_t)next + descriptors;
	const struct rlimit limit = {most, most};
	struct error err;

	close(next);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		_exit(2);
	struct protocols *p = protocols_open(&err);
	const bool well = p && protocols_read(p, &err) == 0;
	if (p) {
		protocols_read_ip6(p);
		protocols_read_netstat(p);
	}
	char expected[128];
	snprintf(expected, sizeof(expected), "read /proc/self/net/snmp: %s",
		 strerror(EMFILE));
	if (!well && strcmp(err.text, expected) != 0)
		_exit(3);
	const uint32_t present = p ? protocols_counters(p)->present : 0;
	protocols_close(p);
	if (well != ((present & 1u << TCP_OUT_SEGS) != 0))
		_exit(4);
	return present;
}

/* A file that cannot be opened lacks; those that can be are read. */
CASE(without_descriptors_the_counters_are_absent_and_the_reason_said)
{
	for (rlim_t descriptors = 0; descriptors <= 3; descriptors++) {
		int status = 0, ends[2];
		uint32_t present = 0;

		assert_int_equal(pipe(ends), 0);
		fflush(NULL);
		const pid_t child = fork();
		if (child == 0) {
			present = present_with(descriptors);
			_exit(write(ends[1], &present, sizeof(present)) < 0);
		}
		close(ends[1]);
		const ssize_t got = read(ends[0], &present, sizeof(present));
		close(ends[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_int_equal(got, sizeof(present));
		assert_int_equal((present & 1u << TCP_OUT_SEGS) != 0, descriptors >= 1);
		assert_int_equal((present & 1u << IP6_OUT_OCTETS) != 0,
				 descriptors >= 2);
		assert_int_equal((present & 1u << IP_OUT_OCTETS) != 0,
				 descriptors >= 3);
	}
}

int main(void)
{
	static int allowed;
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_are_found_by_name),
	    cmocka_unit_test(columns_may_move_and_new_ones_appear),
	    cmocka_unit_test(the_same_column_of_another_protocol_is_another),
	    cmocka_unit_test(what_is_no_number_is_not_present),
	    cmocka_unit_test(a_text_cut_anywhere_gives_only_whole_numbers),
	    cmocka_unit_test(names_without_their_values_are_passed_over),
	    cmocka_unit_test(
		values_are_those_of_the_line_that_follows_with_the_same_prefix),
	    cmocka_unit_test(snmp6_is_a_name_and_a_value_a_line),
	    cmocka_unit_test(any_bytes_will_do),
	    cmocka_unit_test(
		without_descriptors_the_counters_are_absent_and_the_reason_said),
	    cmocka_unit_test_prestate(a_real_kernels_counters_are_read_exactly,
				      &allowed),
	    cmocka_unit_test_prestate(nobody_without_capabilities_reads_them_too,
				      &allowed),
	};

	allowed = own_namespace_enter() && shell("ip link set dev lo up") == 0;
	if (allowed)
		allowed =
		    shell("echo 0 > /proc/sys/net/ipv6/conf/lo/disable_ipv6") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
