/* SPDX-License-Identifier: Apache-2.0 */
/* What the socket accounts make of other kernels, sandboxes, containers and users. */
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../support/testing.h"
#include "collect/sockets/socket_dumps.h"
#include "collect/sockets/sockets.h"
#include "network_fixture.h"

#include "sockets_fixture.h"

/* Opened, accepted, IPv4, IPv6, listening: a request a family sees what one for both
 * does. */
CASE(kernels_without_the_legacy_request_are_asked_by_family)
{
	struct error err;
	struct socket_accounting accounting;
	struct socket_dumps dumps;
	int there = listen_at(THERE, 5000), here = listen_at(HERE, 8087);
	int fds[3][2];

	assert_int_equal(accounting_init(&accounting, &defaults, 1, &err), 0);
	socket_dumps_init(&dumps, &accounting);
	dumps.request_retry_at[REQUEST_TCP] = 1e18;
	assert_int_equal(socket_dumps_scan(&dumps, 10), DUMP_DONE);
	for (int i = 0; i < 3; i++) {
		const char *to[] = {THERE4, THERE6, HERE4};
		fds[i][0] =
		    connect_from(i < 2 ? HERE : THERE, to[i], i < 2 ? 5000 : 8087);
		fds[i][1] = accept(i < 2 ? there : here, NULL, NULL);
		send_bytes(fds[i][i < 2 ? 0 : 1], 1000);
	}
	assert_int_equal(socket_dumps_scan(&dumps, 20), DUMP_DONE);
	assert_int_equal(accounting.tx_bytes, 3000);
	assert_int_equal(accounting.initiated_tx_bytes, 2000);
	assert_int_equal(accounting.opened, 2);
	assert_int_equal(accounting.table.count, 3);
	socket_dumps_release(&dumps);
	accounting_release(&accounting);
	for (int i = 0; i < 3; i++)
		close_pair(fds[i][0], fds[i][1]);
	close(there);
	close(here);
}

/* What a kernel or sandbox without sock_diag does. */
static void refuse_sock_diag(void)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_SOCK_DIAG, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(20);
}

CASE(a_kernel_that_refuses_sockets_is_reported_and_survived)
{
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct error err;
		refuse_sock_diag();
		struct sockets *s = sockets_open(&defaults, 0, &err);
		if (!s || sockets_event_fd(s) < 0)
			_exit(11);
		if (sockets_ok(s, COLLECTOR_SOCKETS) ||
		    sockets_ok(s, COLLECTOR_SOCKET_EVENTS))
			_exit(12);
		if (!*sockets_failure(s, COLLECTOR_SOCKETS) ||
		    !*sockets_failure(s, COLLECTOR_SOCKET_EVENTS))
			_exit(13);
		sockets_process_events(s);
		for (int i = 0; i < 2; i++) {
			sockets_note_active_opens(s, 1000 + (uint64_t)i * 50);
			if (!sockets_scan(s, clock_at + i) ||
			    sockets_ok(s, COLLECTOR_SOCKETS))
				_exit(14); /* /proc/net/tcp stands in */
		}
		_exit(totals_of(s).tcp_opened == 50 ? 0 : 15);
	}
	finish(child);
}

/* Where cgroup v2 is mounted; false where it is not. */
static bool find_cgroups(char *path, size_t size)
{
	char line[512];
	bool found = false;

	FILE *mounts = fopen("/proc/self/mounts", "r");
	while (!found && mounts && fgets(line, sizeof(line), mounts)) {
		char *where = strchr(line, ' ');
		char *type = where ? strchr(where + 1, ' ') : NULL;
		if (!type || strncmp(type, " cgroup2 ", 9) != 0)
			continue;
		*type = '\0';
		snprintf(path, size, "%s", where + 1);
		found = true;
	}
	if (mounts)
		fclose(mounts);
	return found;
}

/* Makes a cgroup and a process in it that sends, then waits to be killed. */
static pid_t send_in_cgroup(const char *path, size_t bytes)
{
	char file[512];
	int ready[2];

	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		snprintf(file, sizeof(file), "%s/cgroup.procs", path);
		FILE *procs = fopen(file, "w");
		if (!procs || fprintf(procs, "%d", (int)getpid()) < 0 ||
		    fclose(procs) != 0)
			_exit(1);
		send_bytes(connect_from(HERE, THERE4, 5000), bytes);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], file, 1), 1);
	close(ready[0]);
	return child;
}

CASE(each_container_is_named_after_its_cgroup)
{
	char top[128], path[2][200];
	if (!find_cgroups(top, sizeof(top)))
		skip();
	int listener = listen_at(THERE, 5000);
	struct sockets *s = open_with(&defaults, 0);
	pid_t child[2];
	for (int i = 0; i < 2; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/sockets-%d-%d", top,
			 (int)getpid(), i);
		child[i] = send_in_cgroup(path[i], 1000 * ((size_t)i + 1));
	}
	scan(s);
	size_t count;
	const struct container_counters *containers = sockets_containers(s, &count);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < 2; i++) {
		struct stat cgroup;
		char name[32];
		assert_int_equal(stat(path[i], &cgroup), 0);
		snprintf(name, sizeof(name), "cgroup-%ju", (uintmax_t)cgroup.st_ino);
		size_t at = strcmp(containers[0].name, name) == 0 ? 0 : 1;
		assert_string_equal(containers[at].name, name);
		assert_int_equal(containers[at].cgroup_id, cgroup.st_ino);
		assert_int_equal(containers[at].tcp_tx_bytes, 1000 * (i + 1));
	}
	for (int i = 0; i < 2; i++) {
		kill(child[i], SIGKILL);
		waitpid(child[i], NULL, 0);
		/* The last of a process leaves its cgroup a moment after it was waited
		 * for. */
		for (int tries = 0; rmdir(path[i]) < 0 && tries < 500; tries++)
			usleep(10000);
	}
	close(listener);
	shut(s, 2);
}

/* Everything above holds for the user that the sidecar runs as. */
CASE(no_privilege_is_needed)
{
	int listener = listen_at(THERE, 5000);
	int out = connect_from(HERE, THERE4, 5000);
	int in = accept(listener, NULL, NULL);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct error err;
		go(HERE);
		if (setgid(65532) < 0 || setuid(65532) < 0)
			_exit(10);
		struct sockets *s = sockets_open(&defaults, 0, &err);
		if (!s || !sockets_ok(s, COLLECTOR_SOCKETS) ||
		    !sockets_ok(s, COLLECTOR_SOCKET_EVENTS))
			_exit(11);
		send_bytes(out, 1234);
		read_bytes(in, 1234);
		if (!sockets_scan(s, 1) || totals_of(s).tcp_tx_bytes != 1234)
			_exit(12);
		struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(1)};
		inet_pton(AF_INET, THERE4, &to.sin_addr);
		int refused = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(refused, (struct sockaddr *)&to, sizeof(to)) == 0)
			_exit(13);
		close(refused);
		await_events(s, 1);
		_exit(totals_of(s).tcp_opened == 1 ? 0 : 14);
	}
	finish(child);
	close_pair(out, in);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kernels_without_the_legacy_request_are_asked_by_family),
	    cmocka_unit_test(a_kernel_that_refuses_sockets_is_reported_and_survived),
	    cmocka_unit_test(each_container_is_named_after_its_cgroup),
	    cmocka_unit_test(no_privilege_is_needed),
	};
	return cmocka_run_group_tests(tests, up, down);
}
