/* SPDX-License-Identifier: Apache-2.0 */
/* attempts.c - tries what a confined program may do and what it may not.
 *
 *     attempts FOLDER OUTSIDE
 *
 * FOLDER is left writable, OUTSIDE is a folder that is not. Prints "ok ..." or "FAILED
 * ..." for each attempt, each made by a process of its own that confined itself.
 * "skipped:
 * ..." where this kernel has no Landlock, or knows too little of it for an attempt.
 *
 *     attempts --layers
 *
 * Confines itself and says by which layers.
 *
 *     attempts --calls
 *
 * Counts the system calls that are left to each program.
 *
 *     attempts --without CALL COMMAND...
 *
 * Runs the command where the system call (seccomp, landlock or prctl) is refused, as
 * some container runtimes do.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine/confine.h"
#include "confine/filter.h"

#define LEFT_PORT  9477
#define OTHER_PORT 9999

static const char *folder, *outside;

/* What a call came to: 0 or its errno. */
static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

static int reach(int fd, bool connects, uint16_t port)
{
	const struct sockaddr_in where = {.sin_family = AF_INET,
					  .sin_port = htons(port),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct sockaddr *address = (const struct sockaddr *)&where;

	return outcome(connects ? connect(fd, address, sizeof(where))
				: bind(fd, address, sizeof(where)));
}

/* --- what ends it -------------------------------------------------------------------
 */
static int starts_a_program(void)
{
	char *const argv[] = {"true", NULL};

	return outcome(execv("/bin/true", argv));
}

static int starts_an_open_program(void)
{
	char *const argv[] = {"true", NULL};

	return outcome(syscall(SYS_execveat, STDIN_FILENO, "", argv, argv, 0x1000));
}

static int is_traced(void)
{
	return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int reads_another_process(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return outcome(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static int forks(void)
{
	long child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (child == 0)
		_exit(0);
	return outcome(child);
}

#ifdef __x86_64__
static int calls_as_x32(void)
{
	return outcome(syscall(0x40000000L | SYS_getpid));
}

static int calls_as_i386(void)
{
	long result = 20; /* its getpid() */

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 :
			 : "memory", "r8", "r9", "r10", "r11");
	return result < 0 ? (int)-result : 0;
}
#endif

/* --- sockets ------------------------------------------------------------------------
 */
static int opens(int family, int type, int protocol)
{
	return outcome(socket(family, type | SOCK_CLOEXEC, protocol));
}

static int opens_tcp4(void)
{
	return opens(AF_INET, SOCK_STREAM, 0);
}

static int opens_tcp6(void)
{
	return opens(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
}

static int opens_rtnetlink(void)
{
	return opens(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

static int opens_sock_diag(void)
{
	return opens(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
}

static int opens_generic_netlink(void)
{
	return opens(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
}

static int opens_netfilter(void)
{
	return opens(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
}

static int opens_udp4(void)
{
	return opens(AF_INET, SOCK_DGRAM, 0);
}

static int opens_udp6(void)
{
	return opens(AF_INET6, SOCK_DGRAM, 0);
}

static int opens_raw(void)
{
	return opens(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int opens_packet(void)
{
	return opens(AF_PACKET, SOCK_RAW, 0);
}

static int opens_unix(void)
{
	return opens(AF_UNIX, SOCK_STREAM, 0);
}

static int opens_vsock(void)
{
	return opens(AF_VSOCK, SOCK_STREAM, 0);
}

static int opens_a_pair(void)
{
	int fds[2];

	return outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
}

static int listens(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int result = reach(fd, false, LEFT_PORT);

	return result ? result : outcome(listen(fd, 1));
}

static int listens_anywhere(void)
{
	return reach(socket(AF_INET, SOCK_STREAM, 0), false, 0);
}

static int listens_elsewhere(void)
{
	return reach(socket(AF_INET, SOCK_STREAM, 0), false, OTHER_PORT);
}

static int connects(void)
{
	return reach(socket(AF_INET, SOCK_STREAM, 0), true, LEFT_PORT);
}

static int connects_elsewhere(void)
{
	return reach(socket(AF_INET, SOCK_STREAM, 0), true, OTHER_PORT);
}

static int connects_by_sending(void)
{
	const struct sockaddr_in where = {.sin_family = AF_INET,
					  .sin_port = htons(LEFT_PORT),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return outcome(sendto(fd, "x", 1, MSG_FASTOPEN, (const struct sockaddr *)&where,
			      sizeof(where)));
}

/* Not a name that anyone could answer: only that asking works. */
static int resolves(void)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	int result = getaddrinfo("127.0.0.1", "443", &hints, &found);

	if (result == 0)
		freeaddrinfo(found);
	return result == 0 ? 0 : ENOENT;
}

/* --- files --------------------------------------------------------------------------
 */
static int opens_at(const char *where, const char *name, int flags)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", where, name);
	return outcome(open(path, flags | O_CLOEXEC, 0600));
}

static int reads_proc(void)
{
	return opens_at("/proc", "self/net/snmp", O_RDONLY);
}

static int lists_descriptors(void)
{
	return opens_at("/proc", "self/fd", O_RDONLY | O_DIRECTORY);
}

static int reads_what_it_left(void)
{
	return opens_at(folder, "there", O_RDONLY);
}

static int creates(void)
{
	return opens_at(folder, "new", O_WRONLY | O_CREAT);
}

/* As state/file.c does it. */
static int replaces(void)
{
	char from[512], to[512];
	int fd;

	snprintf(from, sizeof(from), "%s/file.tmp", folder);
	snprintf(to, sizeof(to), "%s/file", folder);
	fd = open(from, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) < 0 || close(fd) < 0 ||
	    rename(from, to) < 0)
		return errno;
	return outcome(unlink(to));
}

static int writes_over(void)
{
	return opens_at(folder, "there", O_WRONLY);
}

static int truncates(void)
{
	return opens_at(folder, "there", O_WRONLY | O_CREAT | O_TRUNC);
}

static int reads_elsewhere(void)
{
	return opens_at(outside, "there", O_RDONLY);
}

static int reads_by_a_link(void)
{
	return opens_at(folder, "link", O_RDONLY);
}

static int lists_elsewhere(void)
{
	return opens_at(outside, "", O_RDONLY | O_DIRECTORY);
}

static int creates_elsewhere(void)
{
	return opens_at(outside, "new", O_WRONLY | O_CREAT);
}

static int moves_elsewhere(void)
{
	char from[512], to[512];

	snprintf(from, sizeof(from), "%s/there", folder);
	snprintf(to, sizeof(to), "%s/moved", outside);
	return outcome(rename(from, to)) ? EACCES : 0; /* or EXDEV, by the version */
}

static int removes_elsewhere(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/there", outside);
	return outcome(unlink(path));
}

static int links(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/symlink", folder);
	return outcome(symlink("/", path));
}

static int makes_a_folder(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/folder", folder);
	return outcome(mkdir(path, 0700));
}

static int changes_a_mode(void)
{
	return outcome(chmod(folder, 0777));
}

/* --- memory -------------------------------------------------------------------------
 */
#ifndef SYS_mmap
#define SYS_mmap SYS_mmap2
#endif

/* By its number: musl's mmap() makes ENOMEM of EPERM. */
static int maps(int protection)
{
	return outcome(syscall(SYS_mmap, NULL, 4096, protection,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static int maps_memory(void)
{
	return maps(PROT_READ | PROT_WRITE);
}

static int maps_code(void)
{
	return maps(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static int protects(int protection)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(mprotect(page, 4096, protection));
}

static int makes_memory_constant(void)
{
	return protects(PROT_READ);
}

static int makes_memory_code(void)
{
	return protects(PROT_READ | PROT_EXEC);
}

/* As malloc() and realloc() do for large blocks. */
static int grows_a_mapping(void)
{
	void *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *larger = mremap(at, 1 << 20, 2 << 20, MREMAP_MAYMOVE);

	if (larger == MAP_FAILED)
		return errno;
	larger[(2 << 20) - 1] = 1;
	return outcome(munmap(larger, 2 << 20));
}

/* --- the process --------------------------------------------------------------------
 */
static int waits(void)
{
	struct itimerspec soon = {.it_value.tv_nsec = 1000000};
	struct epoll_event event = {.events = EPOLLIN};
	sigset_t none;
	int epoll_fd = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0);

	sigemptyset(&none);
	if (epoll_fd < 0 || timer < 0 || timerfd_settime(timer, 0, &soon, NULL) < 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer, &event) < 0 ||
	    epoll_wait(epoll_fd, &event, 1, -1) != 1 || eventfd(0, 0) < 0)
		return errno;
	return outcome(signalfd(-1, &none, 0));
}

static int looks_at_its_limits(void)
{
	struct rlimit limit;

	return outcome(getrlimit(RLIMIT_NOFILE, &limit));
}

static int looks_at_others_limits(void)
{
	struct rlimit limit;

	return outcome(syscall(SYS_prlimit64, getppid(), RLIMIT_NOFILE, NULL, &limit));
}

static int aborts(void)
{
	abort();
}

static int signals_another(void)
{
	return outcome(kill(getppid(), 0));
}

static int signals_anothers_thread(void)
{
	return outcome(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int types_into_a_terminal(void)
{
	return outcome(ioctl(STDIN_FILENO, TIOCSTI, "x"));
}

static int mounts(void)
{
	return outcome(mount("none", folder, "tmpfs", 0, NULL));
}

static int changes_its_root(void)
{
	return outcome(chroot(folder));
}

static int changes_its_user(void)
{
	return outcome(syscall(SYS_setuid, 65532));
}

static int leaves_its_namespaces(void)
{
	return outcome(syscall(SYS_unshare, 0x10000000)); /* CLONE_NEWUSER */
}

static int enters_a_namespace(void)
{
	return outcome(syscall(SYS_setns, STDIN_FILENO, 0));
}

static int uses_bpf(void)
{
	return outcome(syscall(SYS_bpf, 0, NULL, 0));
}

static int watches_performance(void)
{
	return outcome(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}

static int loads_a_module(void)
{
	return outcome(syscall(SYS_init_module, NULL, 0, ""));
}

static int makes_a_file_of_memory(void)
{
	return outcome(syscall(SYS_memfd_create, "x", 0));
}

static int uses_keys(void)
{
	return outcome(syscall(SYS_keyctl, 0, -3, 0, 0, 0));
}

static int sets_the_clock(void)
{
	struct timespec now = {0};

	return outcome(syscall(SYS_clock_settime, 99, &now));
}

static int changes_itself(void)
{
	return outcome(prctl(PR_SET_DUMPABLE, 1));
}

static int confines_itself_anew(void)
{
	return outcome(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
}

static int makes_a_ring(void)
{
	return outcome(syscall(425, 1, NULL)); /* io_uring_setup */
}

static int opens_by_openat2(void)
{
	return outcome(syscall(437, AT_FDCWD, "/", NULL, 0));
}

static int clones_by_clone3(void)
{
	return outcome(syscall(435, NULL, 0));
}

static int opens_a_process(void)
{
	return outcome(syscall(434, getppid(), 0)); /* pidfd_open */
}

static void *runs(void *ran)
{
	*(bool *)ran = true;
	return NULL;
}

static int starts_a_thread(void)
{
	pthread_t thread;
	bool ran = false;
	int result = pthread_create(&thread, NULL, runs, &ran);

	if (result == 0)
		result = pthread_join(thread, NULL);
	return result == 0 && !ran ? ECHILD : result;
}

/* --- all of it ----------------------------------------------------------------------
 */
enum {
	MONITOR = CONFINE_SAMPLES | CONFINE_SERVES | CONFINE_SAVES,
	INJECTOR = CONFINE_SERVES | CONFINE_ASKS | CONFINE_THREADS | CONFINE_RESOLVES,
};

#define DIES(signal) (-(signal))
#define UNCONFINED   254

struct attempt {
	const char *what;
	int (*does)(void);
	int expected; /* 0: it succeeds; an errno; DIES() */
	unsigned abilities;
	long landlock; /* the version of Landlock that it takes; 0: seccomp's */
};

static const struct attempt attempts[] = {
    {"starts a program", starts_a_program, DIES(SIGSYS), MONITOR, 0},
    {"starts a program", starts_a_program, DIES(SIGSYS), INJECTOR, 0},
    {"starts an open program", starts_an_open_program, DIES(SIGSYS), MONITOR, 0},
    {"is traced", is_traced, DIES(SIGSYS), MONITOR, 0},
    {"reads another process", reads_another_process, DIES(SIGSYS), INJECTOR, 0},
    {"forks", forks, DIES(SIGSYS), MONITOR, 0},
    {"forks, with threads", forks, EPERM, INJECTOR, 0},
#ifdef __x86_64__
    {"calls as x32", calls_as_x32, DIES(SIGSYS), MONITOR, 0},
    {"calls as i386", calls_as_i386, DIES(SIGSYS), MONITOR, 0},
#endif

    {"opens TCP over IPv4", opens_tcp4, 0, MONITOR, 0},
    {"opens TCP over IPv6", opens_tcp6, 0, MONITOR, 0},
    {"opens rtnetlink", opens_rtnetlink, 0, MONITOR, 0},
    {"opens sock_diag", opens_sock_diag, 0, MONITOR, 0},
    {"opens sock_diag", opens_sock_diag, EPERM, INJECTOR, 0},
    {"opens generic netlink", opens_generic_netlink, EPERM, MONITOR, 0},
    {"opens netfilter's netlink", opens_netfilter, EPERM, MONITOR, 0},
    {"opens UDP over IPv4", opens_udp4, EPERM, MONITOR, 0},
    {"opens UDP over IPv6", opens_udp6, EPERM, MONITOR, 0},
    {"opens UDP over IPv4", opens_udp4, 0, INJECTOR, 0},
    {"opens a raw socket", opens_raw, EPERM, MONITOR, 0},
    {"opens a raw socket", opens_raw, EPERM, INJECTOR, 0},
    {"opens a packet socket", opens_packet, EPERM, MONITOR, 0},
    {"opens a Unix socket", opens_unix, EPERM, MONITOR, 0},
    {"opens a vsock", opens_vsock, EPERM, MONITOR, 0},
    {"opens a pair of sockets", opens_a_pair, EPERM, MONITOR, 0},
    {"opens a pair of sockets", opens_a_pair, 0, INJECTOR, 0},
    {"opens any socket", opens_tcp4, EPERM, 0, 0},
    {"listens on its port", listens, 0, MONITOR, 0},
    {"listens on a free port", listens_anywhere, 0, MONITOR, 0},
    {"listens on another port", listens_elsewhere, EACCES, MONITOR, 4},
    {"connects", connects, EPERM, MONITOR, 0},
    {"connects by sending", connects_by_sending, EPERM, MONITOR, 0},
    {"connects by sending", connects_by_sending, EPERM, INJECTOR, 0},
    {"connects to its server", connects, ECONNREFUSED, INJECTOR, 0},
    {"connects to another port", connects_elsewhere, EACCES, INJECTOR, 4},
    {"resolves", resolves, 0, INJECTOR, 0},

    {"reads /proc", reads_proc, 0, MONITOR, 0},
    {"lists its descriptors", lists_descriptors, 0, MONITOR, 0},
    {"reads what it left", reads_what_it_left, 0, MONITOR, 0},
    {"creates a file", creates, 0, MONITOR, 0},
    {"creates a file", creates, EPERM, MONITOR & ~CONFINE_SAVES, 0},
    {"replaces a file", replaces, 0, MONITOR, 0},
    {"writes over a file", writes_over, EPERM, MONITOR, 0},
    {"writes over a file", writes_over, EPERM, INJECTOR, 0},
    {"truncates a file", truncates, EPERM, MONITOR, 0},
    {"reads elsewhere", reads_elsewhere, EACCES, MONITOR, 1},
    {"reads elsewhere by a link", reads_by_a_link, EACCES, MONITOR, 1},
    {"lists another folder", lists_elsewhere, EACCES, MONITOR, 1},
    {"creates a file elsewhere", creates_elsewhere, EACCES, MONITOR, 1},
    {"moves a file elsewhere", moves_elsewhere, EACCES, MONITOR, 1},
    {"removes a file elsewhere", removes_elsewhere, EACCES, MONITOR, 1},
    {"makes a link", links, EPERM, MONITOR, 0},
    {"makes a folder", makes_a_folder, EPERM, MONITOR, 0},
    {"changes a mode", changes_a_mode, EPERM, MONITOR, 0},

    {"maps memory", maps_memory, 0, MONITOR, 0},
    {"maps memory to run", maps_code, EPERM, MONITOR, 0},
    {"maps memory to run", maps_code, EPERM, INJECTOR, 0},
    {"makes memory constant", makes_memory_constant, 0, MONITOR, 0},
    {"makes memory run", makes_memory_code, EPERM, MONITOR, 0},
    {"grows a mapping", grows_a_mapping, 0, 0, 0},

    {"waits", waits, 0, MONITOR, 0},
    {"aborts", aborts, DIES(SIGABRT), MONITOR, 0},
    {"looks at its limits", looks_at_its_limits, 0, MONITOR, 0},
    {"looks at another's limits", looks_at_others_limits, EPERM, MONITOR, 0},
    {"signals another", signals_another, EPERM, MONITOR, 0},
    {"signals another's thread", signals_anothers_thread, EPERM, MONITOR, 0},
    {"types into a terminal", types_into_a_terminal, EPERM, MONITOR, 0},
    {"mounts", mounts, EPERM, MONITOR, 0},
    {"changes its root", changes_its_root, EPERM, MONITOR, 0},
    {"changes its user", changes_its_user, EPERM, MONITOR, 0},
    {"leaves its namespaces", leaves_its_namespaces, EPERM, MONITOR, 0},
    {"enters a namespace", enters_a_namespace, EPERM, MONITOR, 0},
    {"uses bpf()", uses_bpf, EPERM, MONITOR, 0},
    {"watches performance", watches_performance, EPERM, MONITOR, 0},
    {"loads a module", loads_a_module, EPERM, MONITOR, 0},
    {"makes a file of memory", makes_a_file_of_memory, EPERM, MONITOR, 0},
    {"uses keys", uses_keys, EPERM, MONITOR, 0},
    {"sets the clock", sets_the_clock, EPERM, MONITOR, 0},
    {"changes itself", changes_itself, EPERM, MONITOR, 0},
    {"confines itself anew", confines_itself_anew, EPERM, MONITOR, 0},
    {"makes a ring", makes_a_ring, ENOSYS, MONITOR, 0},
    {"opens by openat2()", opens_by_openat2, ENOSYS, MONITOR, 0},
    {"opens a process", opens_a_process, ENOSYS, MONITOR, 0},
    {"clones by clone3()", clones_by_clone3, ENOSYS, INJECTOR, 0},
    {"starts a thread", starts_a_thread, 0, INJECTOR, 0},
};

static void confine_to(unsigned abilities, struct confinement *c)
{
	struct confine_plan plan = {.abilities = abilities};

	confine_leave_path(&plan, "/proc", false);
	confine_leave_path(&plan, folder, true);
	confine_leave_port(&plan, 0, false);
	confine_leave_port(&plan, LEFT_PORT, abilities & CONFINE_ASKS);
	confine(&plan, false, c);
}

/* What a process came to that did it: 0, an errno, DIES(). */
static int try(const struct attempt *a)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		struct confinement c;

		confine_to(a->abilities, &c);
		_exit(c.holds[CONFINE_SECCOMP] ? a->does() : UNCONFINED);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return errno;
	return WIFSIGNALED(status) ? DIES(WTERMSIG(status)) : WEXITSTATUS(status);
}

static const char *said(int found)
{
	if (found < 0)
		return strsignal(-found);
	return found ? strerror(found) : "done";
}

static const char *who(unsigned abilities)
{
	if (abilities == INJECTOR)
		return "the injector";
	return abilities == MONITOR ? "the monitor" : "a program that may less";
}

static int try_all(void)
{
	const long landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	int failures = 0;

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		const struct attempt *a = &attempts[i];
		int found;

		if (a->landlock > 0 && landlock < a->landlock) {
			printf("skipped: %s %s: the kernel's Landlock is of version "
			       "%ld\n",
			       who(a->abilities), a->what, landlock);
			continue;
		}
		found = try(a);
		failures += found != a->expected;
		if (found == a->expected)
			printf("ok      %s %s: %s\n", who(a->abilities), a->what,
			       said(found));
		else
			printf("FAILED  %s %s: expected %s, found %s\n",
			       who(a->abilities), a->what, said(a->expected),
			       said(found));
	}
	return failures;
}

static int say_layers(void)
{
	char line[64];
	struct text t = text_over(line, sizeof(line));
	struct confinement c;

	folder = "/nowhere";
	confine_to(MONITOR, &c);
	confinement_say(&c, &t);
	puts(line);
	return 0;
}

static bool is_left(uint8_t needed, unsigned abilities)
{
	return needed == 0 || (needed & abilities);
}

static unsigned count_plain(unsigned abilities)
{
	unsigned count = 0;

	for (size_t i = 0; i < plain_call_count; i++)
		count += is_left(plain_calls[i].abilities, abilities);
	return count;
}

/* The rows of one call follow each other. */
static unsigned count_checked(unsigned abilities)
{
	unsigned count = 0, last = 0;

	for (size_t i = 0; i < checked_call_count; i++)
		if (is_left(checked_calls[i].abilities, abilities)) {
			count += count == 0 || checked_calls[i].number != last;
			last = checked_calls[i].number;
		}
	return count;
}

static int count_calls(void)
{
	static const struct {
		const char *name;
		unsigned abilities;
	} programs[] = {
	    {"run", CONFINE_SAMPLES | CONFINE_SERVES},
	    {"run --state", MONITOR},
	    {"record", CONFINE_SAMPLES},
	    {"record --out", CONFINE_SAMPLES | CONFINE_SAVES},
	    {"status", CONFINE_ASKS},
	    {"replay, inject", 0},
	    {"learn", INJECTOR & ~CONFINE_SERVES},
	    {"serve", INJECTOR},
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		const unsigned abilities = programs[i].abilities;
		const unsigned checked = count_checked(abilities);

		printf("%s: %u calls, %u of them checked\n", programs[i].name,
		       count_plain(abilities) + checked, checked);
	}
	return 0;
}

/* Refuses one call of the process, as a container's runtime would. */
static int refuse(unsigned call, uint32_t first)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int run_without(const char *call, char **command)
{
	int result = -1;

	if (strcmp(call, "seccomp") == 0)
		result = refuse(SYS_seccomp, SECCOMP_SET_MODE_FILTER);
	else if (strcmp(call, "landlock") == 0)
		result = refuse(SYS_landlock_create_ruleset, 0);
	else if (strcmp(call, "prctl") == 0)
		result = refuse(SYS_prctl, PR_SET_NO_NEW_PRIVS);
	if (result == 0)
		execv(command[0], command);
	perror(command[0]);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "--without") == 0)
		return run_without(argv[2], argv + 3);
	if (argc == 2 && strcmp(argv[1], "--layers") == 0)
		return say_layers();
	if (argc == 2 && strcmp(argv[1], "--calls") == 0)
		return count_calls();
	if (argc != 3) {
		fprintf(stderr, "usage: attempts FOLDER OUTSIDE\n");
		return 2;
	}
	folder = argv[1];
	outside = argv[2];
	return try_all() ? 1 : 0;
}
