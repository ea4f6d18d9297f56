/* SPDX-License-Identifier: Apache-2.0 */
/* The whole collector against a real kernel: see peer_fixture.h for the topology. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../support/testing.h"
#include "dormouse/collect.h"
#include "peer_fixture.h"

/* Counts what is allocated, where the C library lets a program put itself in front. */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define ALLOCATIONS_COUNTED 1
static unsigned long allocations;
/* NOLINTBEGIN(bugprone-reserved-identifier): the C library's own names */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nmemb, size_t size);
void *__libc_realloc(void *ptr, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t nmemb, size_t size)
{
	allocations++;
	return __libc_calloc(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
	allocations++;
	return __libc_realloc(ptr, size);
}
/* NOLINTEND(bugprone-reserved-identifier) */
#else
#define ALLOCATIONS_COUNTED 0
static unsigned long allocations;
#endif

static int open_collector(void **state)
{
	struct collect_options options = {.max_sockets = 1024, .max_destinations = 256};
	struct error err;

	if (!allowed)
		return 0;
	*state = collector_open(&options, &err);
	if (!*state)
		print_error("%s\n", err.text);
	return *state ? 0 : -1;
}

static int close_collector(void **state)
{
	collector_close(*state);
	return 0;
}

/* A sample at which nothing but the pod's own doing asks for a scan. */
static struct sample quiet_sample(struct collector *c)
{
	struct collect_request request = {.time = 1000, .background_bytes = 100000};
	struct sample sample;

	collector_sample(c, &request, &sample);
	return sample;
}

static struct sample close_sample(struct collector *c)
{
	struct collect_request request = {.time = 1000, .scan_sockets = true};
	struct sample sample;

	collector_sample(c, &request, &sample);
	return sample;
}

/* Whether the last sample scanned the sockets. */
static bool scanned(struct collector *c)
{
	struct traffic_view view;

	collector_traffic(c, &view);
	return view.scanned;
}

/* Destroy messages come from a kernel thread, a moment after the end of the connection:
 * waits until so many in all have been read. */
static void await_ends(struct collector *c, uint64_t count)
{
	struct pollfd ready = {.fd = collector_fd(c), .events = POLLIN};

	while (collector_totals(c)->socket_events < count && poll(&ready, 1, 10000) > 0)
		collector_process(c);
	assert_true(collector_totals(c)->socket_events >= count);
}

static uint64_t moved(const struct sample *from, const struct sample *to,
		      enum signal signal)
{
	assert_true(sample_has(from, signal));
	assert_true(sample_has(to, signal));
	return to->value[signal] - from->value[signal];
}

static void assert_near(uint64_t value, uint64_t expected, double share)
{
	double off = (double)value - (double)expected;

	if (off > share * (double)expected || off < -share * (double)expected)
		fail_msg("%llu is not near %llu", (unsigned long long)value,
			 (unsigned long long)expected);
}

static void every_source_works_here(void **state)
{
	struct error complaint;
	int source;

	if (!allowed)
		skip();
	for (source = 0; source < COLLECTOR_SOURCE_COUNT; source++)
		assert_true(collector_ok(*state, (enum collector_source)source));
	assert_false(collector_complaint(*state, &complaint));
}

static void link_signals_are_what_the_kernel_says(void **state)
{
	struct kernel_counters before = {0}, after = {0};
	struct sample from, to;

	if (!allowed)
		skip();
	assert_int_equal(kernel_counters("eth0", &before), 0);
	from = quiet_sample(*state);
	send_udp("10.77.0.3", 500, 1000);
	to = quiet_sample(*state);
	assert_int_equal(kernel_counters("eth0", &after), 0);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_BYTES),
			 after.tx_bytes - before.tx_bytes);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_PACKETS), 500);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_BYTES), 500 * 1042);
}

static void udp_is_counted_and_its_bytes_estimated(void **state)
{
	struct sample from, to;

	if (!allowed)
		skip();
	from = close_sample(*state);
	send_udp("10.77.0.3", 500, 1000);
	to = close_sample(*state);
	assert_int_equal(moved(&from, &to, SIGNAL_UDP_TX_PACKETS), 500);
	assert_near(moved(&from, &to, SIGNAL_UDP_TX_BYTES), 500 * 1000, 0.01);
	assert_int_equal(collector_totals(*state)->udp_tx_packets,
			 to.value[SIGNAL_UDP_TX_PACKETS]);
}

static void send_udp6(const char *to, unsigned count)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET6, to, &address.sin6_addr);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(
		    sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof(address)),
		    1);
	close(fd);
}

/* Below the background, sample by sample, in each mixture: no scan, and never late. */
static void datagrams_are_counted_at_each_sample(void **state)
{
	struct sample from, to;
	uint64_t ends = 0;

	if (!allowed)
		skip();
	assert_int_equal(shell("sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0 "
			       "net.ipv6.conf.lo.disable_ipv6=0 && "
			       "ip -6 address add fd77::1/64 dev eth0 nodad && "
			       "ip -6 neigh add fd77::3 lladdr 02:00:00:00:00:03 "
			       "dev eth0 nud permanent"),
			 0);
	close_sample(*state);
	quiet_sample(*state);
	for (unsigned i = 0; i < 60; i++) {
		unsigned v4 = i % 3, v6 = i / 3 % 4;
		from = quiet_sample(*state);
		send_udp("10.77.0.3", v4, 100);
		send_udp6("fd77::3", v6);
		if (i % 5 == 0) {
			send_tcp(10);
			await_ends(*state, ++ends);
		}
		to = quiet_sample(*state);
		assert_false(scanned(*state));
		assert_int_equal(moved(&from, &to, SIGNAL_UDP_TX_PACKETS), v4 + v6);
		assert_int_equal(collector_totals(*state)->udp_tx_packets,
				 to.value[SIGNAL_UDP_TX_PACKETS]);
	}
	assert_int_equal(shell("sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1 "
			       "net.ipv6.conf.lo.disable_ipv6=1"),
			 0);
}

static void udp_is_told_from_tcp_beside_it(void **state)
{
	struct sample from, to;
	unsigned i;

	if (!allowed)
		skip();
	from = close_sample(*state);
	for (i = 0; i < 20; i++) {
		send_udp("10.77.0.3", 100, 1400);
		send_tcp(200000);
	}
	await_ends(*state, 20);
	to = close_sample(*state);
	assert_int_equal(moved(&from, &to, SIGNAL_TCP_TX_BYTES), 20 * 200000);
	assert_int_equal(moved(&from, &to, SIGNAL_TCP_NEW_SOCKETS), 20);
	assert_int_equal(moved(&from, &to, SIGNAL_TCP_INITIATED_TX_BYTES), 20 * 200000);
	assert_int_equal(moved(&from, &to, SIGNAL_UDP_TX_PACKETS), 2000);
	assert_near(moved(&from, &to, SIGNAL_UDP_TX_BYTES), 2000 * 1400, 0.06);
}

static void every_signal_has_a_source(void **state)
{
	struct sample to;

	if (!allowed)
		skip();
	close_sample(*state);
	send_tcp(5000);
	await_ends(*state, 1);
	to = close_sample(*state);
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (!sample_has(&to, (enum signal)i))
			fail_msg("nothing fills %s", signal_name((enum signal)i));
}

static void datagrams_to_loopback_are_no_traffic(void **state)
{
	struct sample from, to;

	if (!allowed)
		skip();
	from = close_sample(*state);
	send_udp("127.0.0.1", 300, 100);
	to = close_sample(*state);
	assert_int_equal(moved(&from, &to, SIGNAL_UDP_TX_PACKETS), 0);
	assert_int_equal(moved(&from, &to, SIGNAL_UDP_TX_BYTES), 0);
	assert_int_equal(moved(&from, &to, SIGNAL_TX_BYTES), 0);
}

static void a_quiet_pod_is_scanned_only_once(void **state)
{
	struct sample sample;

	if (!allowed)
		skip();
	sample = quiet_sample(*state);
	assert_true(scanned(*state));
	assert_true(sample_has(&sample, SIGNAL_TCP_TX_BYTES));
	send_udp("10.77.0.3", 2, 1000);
	sample = quiet_sample(*state);
	assert_false(scanned(*state));
	assert_false(sample_has(&sample, SIGNAL_TCP_TX_BYTES));
	assert_true(sample_has(&sample, SIGNAL_TX_BYTES));
}

static void more_than_the_background_is_a_reason_to_scan(void **state)
{
	if (!allowed)
		skip();
	quiet_sample(*state);
	send_udp("10.77.0.3", 120, 1000);
	quiet_sample(*state);
	assert_true(scanned(*state));
	/* Once more, for the connections whose end is told a moment later. */
	quiet_sample(*state);
	assert_true(scanned(*state));
	quiet_sample(*state);
	assert_false(scanned(*state));
}

static void what_the_monitor_sends_is_neither_traffic_nor_a_reason(void **state)
{
	struct collect_request request = {.time = 1000, .background_bytes = 1000};
	struct sample from, to;
	int fd;

	if (!allowed)
		skip();
	fd = connect_tcp();
	collector_own_socket(*state, fd, false);
	collector_sample(*state, &request, &from);
	collector_sample(*state, &request, &from);
	send_on(fd, 100000);
	collector_sample(*state, &request, &to);
	assert_false(scanned(*state));
	assert_true(moved(&from, &to, SIGNAL_TX_BYTES) < 1000);
	assert_true(collector_totals(*state)->own.tx_bytes > 100000);
	collector_own_socket(*state, fd, true);
	close(fd);
}

static void connections_nobody_accounts_for_are_a_reason(void **state)
{
	struct sockaddr_in to = address_of("10.77.0.3");
	int fds[5];
	unsigned i;

	if (!allowed)
		skip();
	quiet_sample(*state);
	for (i = 0; i < 5; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&to, sizeof(to)),
				 -1);
		assert_int_equal(errno, EINPROGRESS);
	}
	quiet_sample(*state);
	assert_true(scanned(*state));
	quiet_sample(*state);
	quiet_sample(*state);
	assert_false(scanned(*state));
	for (i = 0; i < 5; i++)
		close(fds[i]);
	await_ends(*state, 5);
}

static void connections_that_told_of_their_end_are_none(void **state)
{
	unsigned i;

	if (!allowed)
		skip();
	quiet_sample(*state);
	for (i = 0; i < 10; i++)
		send_tcp(10);
	await_ends(*state, 10);
	quiet_sample(*state);
	assert_false(scanned(*state));
}

static void signals_never_fall_whatever_links_do(void **state)
{
	struct sample last, now;
	unsigned i;

	if (!allowed)
		skip();
	last = quiet_sample(*state);
	for (i = 0; i < 10; i++) {
		assert_true(make_veth("net1", "net2"));
		assert_int_equal(send_frames("net1", 4, 100), 0);
		if (i % 2)
			collector_process(*state);
		assert_int_equal(shell("ip link del dev net1"), 0);
		now = quiet_sample(*state);
		assert_int_equal(moved(&last, &now, SIGNAL_TX_BYTES), 400);
		last = now;
	}
}

static void events_of_the_kernel_make_the_descriptor_readable(void **state)
{
	struct pollfd ready = {.events = POLLIN};

	if (!allowed)
		skip();
	ready.fd = collector_fd(*state);
	collector_process(*state);
	assert_int_equal(poll(&ready, 1, 0), 0);
	assert_int_equal(shell("ip link add name net1 type veth peer name net2"), 0);
	assert_int_equal(poll(&ready, 1, 1000), 1);
	collector_process(*state);
	assert_int_equal(shell("ip link del dev net1"), 0);
	collector_process(*state);
	send_tcp(10);
	await_ends(*state, 1);
}

static void sampling_does_not_allocate(void **state)
{
	unsigned long before;
	unsigned i;

	if (!allowed || !ALLOCATIONS_COUNTED)
		skip();
	close_sample(*state);
	before = allocations;
	for (i = 0; i < 20; i++) {
		quiet_sample(*state);
		send_tcp(10);
		send_udp("10.77.0.3", 1, 100);
		close_sample(*state);
	}
	assert_int_equal(allocations, before);
	await_ends(*state, 20);
}

static void the_epoch_is_the_namespaces_the_boots_and_the_links(void **state)
{
	static const uint8_t nothing[16];
	struct collect_epoch before, renamed, again;

	if (!allowed)
		skip();
	collector_epoch(*state, &before);
	assert_true(before.netns_inode != 0);
	assert_memory_not_equal(before.boot_id, nothing, sizeof(nothing));
	assert_int_equal(shell("ip link add name net1 type bridge"), 0);
	quiet_sample(*state);
	collector_epoch(*state, &renamed);
	assert_true(renamed.link_identity != before.link_identity);
	assert_int_equal(renamed.netns_inode, before.netns_inode);
	assert_int_equal(shell("ip link del dev net1"), 0);
	quiet_sample(*state);
	collector_epoch(*state, &again);
	assert_memory_equal(&again, &before, sizeof(before));
}

/* Has every netlink socket refused to this process from now on. */
static int refuse_netlink(void)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

#define CHECK(condition)                                                               \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);        \
			_exit(1);                                                      \
		}                                                                      \
	} while (0)

/* Runs `body` in a child; it ends by _exit(0) if all went well. */
static void in_a_child(void (*body)(void))
{
	int status = 0;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void watch_without_netlink(void)
{
	struct collect_options options = {.max_sockets = 1024, .max_destinations = 256};
	struct error err, complaint;
	struct sample from, to;
	struct collector *c;
	size_t links;

	CHECK(refuse_netlink() == 0);
	c = collector_open(&options, &err);
	CHECK(c != NULL);
	CHECK(collector_ok(c, COLLECTOR_PROTOCOLS) &&
	      !collector_ok(c, COLLECTOR_LINKS));
	CHECK(!collector_ok(c, COLLECTOR_SOCKETS));
	CHECK(collector_complaint(c, &complaint));
	CHECK(strstr(complaint.text, "links") && strstr(complaint.text, "permitted"));
	CHECK(collector_complaint(c, &complaint) && strstr(complaint.text, "sockets"));
	CHECK(collector_complaint(c, &complaint) && strstr(complaint.text, "events"));
	CHECK(!collector_complaint(c, &complaint));
	collector_links(c, &links);
	CHECK(links == 1);
	from = close_sample(c);
	send_udp("10.77.0.3", 100, 1000);
	send_tcp(10);
	to = close_sample(c);
	CHECK(!collector_complaint(c, &complaint));
	CHECK(moved(&from, &to, SIGNAL_TX_BYTES) >= 100 * 1042);
	CHECK(moved(&from, &to, SIGNAL_TX_BYTES) < 100 * 1042 + 1000);
	CHECK(moved(&from, &to, SIGNAL_TX_PACKETS) >= 100 + 3);
	CHECK(moved(&from, &to, SIGNAL_UDP_TX_PACKETS) == 100);
	CHECK(moved(&from, &to, SIGNAL_TCP_NEW_SOCKETS) == 1);
	CHECK(moved(&from, &to, SIGNAL_TCP_TX_PACKETS) >= 3);
	CHECK(!sample_has(&to, SIGNAL_TCP_TX_BYTES));
	CHECK(sample_has(&to, SIGNAL_DESTINATIONS));
	collector_close(c);
}

CASE(without_netlink_proc_stands_in)
{
	if (!allowed)
		skip();
	in_a_child(watch_without_netlink);
}

static void watch_without_capabilities(void)
{
	struct collect_options options = {.max_sockets = 1024, .max_destinations = 256};
	struct collect_epoch epoch;
	struct sample from, to;
	struct collector *c;
	struct error err;
	int source;

	CHECK(setresgid(65532, 65532, 65532) == 0 &&
	      setresuid(65532, 65532, 65532) == 0);
	c = collector_open(&options, &err);
	CHECK(c != NULL);
	from = close_sample(c);
	send_tcp(5000);
	await_ends(c, 1);
	to = close_sample(c);
	for (source = 0; source < COLLECTOR_SOURCE_COUNT; source++)
		CHECK(collector_ok(c, (enum collector_source)source));
	CHECK(moved(&from, &to, SIGNAL_TCP_TX_BYTES) == 5000);
	CHECK(moved(&from, &to, SIGNAL_TX_BYTES) > 5000);
	CHECK(to.present == (1u << SIGNAL_COUNT) - 1);
	collector_epoch(c, &epoch);
	CHECK(epoch.netns_inode != 0);
	collector_close(c);
}

CASE(nobody_without_capabilities_sees_it_all)
{
	if (!allowed)
		skip();
	in_a_child(watch_without_capabilities);
}

/* A block of addresses that has that of the peer, or none. */
static const void *kept_addresses(bool of_the_peer, size_t *bytes)
{
	static unsigned char block[SEEN_BYTES_MAX];
	struct collect_options options = {.max_sockets = 1024, .max_destinations = 256};
	struct error err;
	struct collector *c = collector_open(&options, &err);

	assert_non_null(c);
	if (of_the_peer) {
		send_tcp(10);
		await_ends(c, 1);
		close_sample(c);
	}
	const void *seen = collector_seen_addresses(c, bytes);
	assert_in_range(*bytes, 1, sizeof(block));
	memcpy(block, seen, *bytes);
	collector_close(c);
	return block;
}

/* Sends to the peer with a collector that goes on with the block. */
static struct sample sent_with(struct collector *c, const void *block, size_t bytes)
{
	collector_restore_seen_addresses(c, block, bytes);
	send_tcp(10);
	await_ends(c, 1);
	return close_sample(c);
}

static void a_peer_of_an_earlier_run_is_not_new(void **state)
{
	size_t bytes;

	if (!allowed)
		skip();
	const void *block = kept_addresses(true, &bytes);
	const struct sample s = sent_with(*state, block, bytes);
	assert_true(sample_has(&s, SIGNAL_NEW_DESTINATIONS));
	assert_int_equal(s.value[SIGNAL_NEW_DESTINATIONS], 0);
}

static void a_peer_that_no_earlier_run_had_is_new(void **state)
{
	size_t bytes;

	if (!allowed)
		skip();
	const void *block = kept_addresses(false, &bytes);
	const struct sample s = sent_with(*state, block, bytes);
	assert_true(sample_has(&s, SIGNAL_NEW_DESTINATIONS));
	assert_int_equal(s.value[SIGNAL_NEW_DESTINATIONS], 1);
}

static void without_the_addresses_of_an_earlier_run_none_is_new(void **state)
{
	if (!allowed)
		skip();
	const struct sample s = sent_with(*state, NULL, 0);
	assert_false(sample_has(&s, SIGNAL_NEW_DESTINATIONS));
	assert_true(sample_has(&s, SIGNAL_DESTINATIONS));
	assert_int_equal(collector_totals(*state)->new_destinations, 0);
}

CASE(sources_have_their_names)
{
	assert_string_equal(collector_source_name(COLLECTOR_LINKS), "links");
	assert_string_equal(collector_source_name(COLLECTOR_PROTOCOLS), "protocols");
	assert_string_equal(collector_source_name(COLLECTOR_SOCKETS), "sockets");
	assert_string_equal(collector_source_name(COLLECTOR_SOCKET_EVENTS),
			    "socket_events");
}

#define WITH_COLLECTOR(f)                                                              \
	cmocka_unit_test_setup_teardown(f, open_collector, close_collector)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sources_have_their_names),
	    WITH_COLLECTOR(every_source_works_here),
	    WITH_COLLECTOR(every_signal_has_a_source),
	    WITH_COLLECTOR(link_signals_are_what_the_kernel_says),
	    WITH_COLLECTOR(udp_is_counted_and_its_bytes_estimated),
	    WITH_COLLECTOR(datagrams_are_counted_at_each_sample),
	    WITH_COLLECTOR(udp_is_told_from_tcp_beside_it),
	    WITH_COLLECTOR(datagrams_to_loopback_are_no_traffic),
	    WITH_COLLECTOR(a_quiet_pod_is_scanned_only_once),
	    WITH_COLLECTOR(more_than_the_background_is_a_reason_to_scan),
	    WITH_COLLECTOR(what_the_monitor_sends_is_neither_traffic_nor_a_reason),
	    WITH_COLLECTOR(connections_nobody_accounts_for_are_a_reason),
	    WITH_COLLECTOR(connections_that_told_of_their_end_are_none),
	    WITH_COLLECTOR(signals_never_fall_whatever_links_do),
	    WITH_COLLECTOR(events_of_the_kernel_make_the_descriptor_readable),
	    WITH_COLLECTOR(sampling_does_not_allocate),
	    WITH_COLLECTOR(the_epoch_is_the_namespaces_the_boots_and_the_links),
	    WITH_COLLECTOR(a_peer_of_an_earlier_run_is_not_new),
	    WITH_COLLECTOR(a_peer_that_no_earlier_run_had_is_new),
	    WITH_COLLECTOR(without_the_addresses_of_an_earlier_run_none_is_new),
	    cmocka_unit_test(without_netlink_proc_stands_in),
	    cmocka_unit_test(nobody_without_capabilities_sees_it_all),
	};

	return cmocka_run_group_tests(tests, peer_up, peer_down);
}
