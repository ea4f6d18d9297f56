/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c - which system calls a confined program may make, and why.
 *
 * Found by reading, and by strace under all tests in network namespaces, of programs
 * linked with glibc and with musl: the two often make different calls for the same
 * function. A call that is missing fails with EPERM (filter.c says why), so a new use
 * of one needs a row here. tests/net/attempts.c tries most of them.
 *
 * A row without abilities is for every program. The calls before the blank lines of
 * plain_calls are the frequent ones: an old kernel reads the list at each call.
 */
#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "confine.h"
#include "filter.h"

#ifdef FILTER_ARCHITECTURE
#define CALL(name, abilities)                                                          \
	{                                                                              \
		SYS_##name, abilities                                                  \
	}

enum {
	ALWAYS = 0,
	SAMPLES = CONFINE_SAMPLES,
	SERVES = CONFINE_SERVES,
	SAVES = CONFINE_SAVES,
	ASKS = CONFINE_ASKS,
	THREADS = CONFINE_THREADS,
	RESOLVES = CONFINE_RESOLVES,
	USES_SOCKETS = SAMPLES | SERVES | ASKS | RESOLVES,
	WAITS = SAMPLES | SERVES | ASKS | RESOLVES,
};

const struct plain_call plain_calls[] = {
    CALL(read, ALWAYS),
    CALL(pread64, ALWAYS), /* of /proc's tables, which stay open */
    CALL(write, ALWAYS),
    CALL(close, ALWAYS),
#ifdef SYS_epoll_wait
    CALL(epoll_wait, WAITS),
#endif
    CALL(epoll_pwait, WAITS),
    CALL(recvmsg, USES_SOCKETS),
    CALL(recvfrom, USES_SOCKETS),
    CALL(recvmmsg, SAMPLES),
    CALL(accept4, SERVES),
    CALL(getsockopt, USES_SOCKETS),
    CALL(setsockopt, USES_SOCKETS),
    CALL(epoll_ctl, WAITS),
    CALL(futex, ALWAYS),         /* locks, and the end of a thread */
    CALL(clock_gettime, ALWAYS), /* where the vDSO cannot: CPU time, some clocks */

    /* Files, without opening them: checked_calls. */
    CALL(readv, ALWAYS), /* musl's stdio */
    CALL(writev, ALWAYS),
    CALL(lseek, ALWAYS), /* stdio, at its end too */
    CALL(fstat, ALWAYS),
#ifdef SYS_stat
    CALL(stat, ALWAYS), /* musl */
    CALL(lstat, ALWAYS),
    CALL(readlink, ALWAYS),
#endif
    CALL(newfstatat, ALWAYS),
    CALL(statx, ALWAYS), /* musl where time is 32 bits, newer glibc */
    CALL(readlinkat, ALWAYS),
    CALL(getdents64, ALWAYS), /* /proc/self/fd */
    CALL(fadvise64, ALWAYS),  /* replay reads ahead */

    /* Memory, without making it executable: checked_calls. */
    CALL(brk, ALWAYS),
    CALL(munmap, ALWAYS),
    CALL(mremap, ALWAYS),
    CALL(madvise, ALWAYS),
    CALL(getrandom, ALWAYS), /* seeds of hash tables, keys */
    CALL(sysinfo, ALWAYS),   /* glibc's qsort() of large arrays */

    /* Time and the end. */
    CALL(clock_getres, ALWAYS),
    CALL(gettimeofday, ALWAYS),
    CALL(clock_nanosleep, ALWAYS),
    CALL(nanosleep, ALWAYS),
    CALL(restart_syscall, ALWAYS), /* the kernel's own, after a stop */
    CALL(rt_sigaction, ALWAYS),
    CALL(rt_sigprocmask, ALWAYS),
    CALL(rt_sigreturn, ALWAYS),
    CALL(getpid, ALWAYS),
    CALL(gettid, ALWAYS),
    CALL(getrusage, ALWAYS),
    CALL(exit, ALWAYS),
    CALL(exit_group, ALWAYS),

    /* What wakes a loop. */
    CALL(epoll_create1, WAITS),
    CALL(timerfd_create, WAITS),
    CALL(timerfd_settime, WAITS),
    CALL(timerfd_gettime, WAITS),
    CALL(signalfd4, WAITS),
    CALL(eventfd2, WAITS), /* libmicrohttpd */
#ifdef SYS_poll
    CALL(poll, WAITS), /* record, libcurl, the resolver */
#endif
    CALL(ppoll, WAITS),
    CALL(pipe2, SERVES | ASKS), /* libmicrohttpd, libcurl */

    /* Sockets, without making and connecting them: checked_calls. */
    CALL(bind, SAMPLES | SERVES | RESOLVES), /* netlink, and a socket to be found */
    CALL(listen, SAMPLES | SERVES),
    CALL(accept, SERVES),
    CALL(connect, ASKS | RESOLVES),
    CALL(getsockname, USES_SOCKETS),
    CALL(getpeername, SERVES | ASKS),
    CALL(shutdown, SERVES | ASKS),
    CALL(sendmmsg, RESOLVES),

    /* Files that are replaced: a temporary one, synced, renamed. */
    CALL(fsync, SAVES),
    CALL(fdatasync, SAVES),
    CALL(ftruncate, SAVES), /* the incomplete line of a trace */
    CALL(pwrite64, SAVES),
#ifdef SYS_rename
    CALL(rename, SAVES),
    CALL(unlink, SAVES),
    CALL(access, SAVES),
#endif
#ifdef SYS_renameat
    CALL(renameat, SAVES),
#endif
    CALL(renameat2, SAVES),
    CALL(unlinkat, SAVES),
    CALL(faccessat, SAVES), /* whether the folder can be written to */
    CALL(statfs, SAVES),
    CALL(fstatfs, SAVES),

    /* Threads, without starting them: checked_calls. */
    CALL(set_robust_list, THREADS),
    CALL(rseq, THREADS),
    CALL(sched_getaffinity, THREADS), /* glibc: how many arenas malloc() makes */
    CALL(sched_yield, THREADS),
    CALL(getuid, THREADS), /* of getaddrinfo() */
    CALL(uname, RESOLVES),
};

#define ARGUMENT(argument, mask, value)                                                \
	{                                                                              \
		mask, value, argument                                                  \
	}
#define INT(argument, value) ARGUMENT(argument, 0xffffffffu, value)
/* The type of a socket, without its flags. */
#define TYPE(value) ARGUMENT(1, 0xfu, value)

#define CHECKED(name, abilities, ...)                                                  \
	{                                                                              \
		{__VA_ARGS__}, SYS_##name, abilities                                   \
	}

#define OPENING (O_ACCMODE | O_CREAT | O_TRUNC)

/* With MSG_FASTOPEN a message connects. */
#define NO_CONNECTION(argument) ARGUMENT(argument, MSG_FASTOPEN, 0)

const struct checked_call checked_calls[] = {
    CHECKED(sendto, USES_SOCKETS, NO_CONNECTION(3)),
    CHECKED(sendmsg, USES_SOCKETS, NO_CONNECTION(2)),

    /* For reading only, or to create. Which files: Landlock. */
    CHECKED(openat, ALWAYS, ARGUMENT(2, OPENING, O_RDONLY)),
    CHECKED(openat, SAVES, ARGUMENT(2, O_CREAT | O_TRUNC, O_CREAT)),
#ifdef SYS_open
    CHECKED(open, ALWAYS, ARGUMENT(1, OPENING, O_RDONLY)), /* musl */
    CHECKED(open, SAVES, ARGUMENT(1, O_CREAT | O_TRUNC, O_CREAT)),
#endif

    /* Flags of a descriptor; a copy. No signals, no pipes of other sizes. */
    CHECKED(fcntl, ALWAYS, ARGUMENT(1, ~7u, 0)),     /* F_DUPFD to F_SETLK */
    CHECKED(fcntl, ALWAYS, INT(1, F_DUPFD_CLOEXEC)), /* http/lingering_close.c */

    CHECKED(ioctl, ALWAYS, INT(1, TCGETS)),     /* glibc's isatty() */
    CHECKED(ioctl, ALWAYS, INT(1, TIOCGWINSZ)), /* musl's */
    CHECKED(ioctl, SAMPLES, INT(1, SIOCGIFINDEX)),
    CHECKED(ioctl, SAMPLES, INT(1, SIOCGIFFLAGS)),
    CHECKED(ioctl, ASKS | SERVES, INT(1, FIONBIO)), /* libcurl, libmicrohttpd */

    /* Nothing that was written becomes executable. */
    CHECKED(mmap, ALWAYS, ARGUMENT(2, PROT_EXEC, 0)),
    CHECKED(mprotect, ALWAYS, ARGUMENT(2, PROT_EXEC, 0)),

    /* TCP, and netlink's two families of requests. No other protocol: no UDP but for
     * the resolver, no raw or packet sockets. */
    CHECKED(socket, USES_SOCKETS, INT(0, AF_INET), TYPE(SOCK_STREAM)),
    CHECKED(socket, USES_SOCKETS, INT(0, AF_INET6), TYPE(SOCK_STREAM)),
    CHECKED(socket, SAMPLES, INT(0, AF_NETLINK), INT(2, NETLINK_ROUTE)),
    CHECKED(socket, SAMPLES, INT(0, AF_NETLINK), INT(2, NETLINK_SOCK_DIAG)),
    CHECKED(socket, RESOLVES, INT(0, AF_INET), TYPE(SOCK_DGRAM)),
    CHECKED(socket, RESOLVES, INT(0, AF_INET6), TYPE(SOCK_DGRAM)),
    CHECKED(socket, RESOLVES, INT(0, AF_NETLINK), INT(2, NETLINK_ROUTE)), /* glibc */
    CHECKED(socketpair, ASKS, INT(0, AF_UNIX)), /* libcurl wakes itself */

    /* Of itself only. */
    CHECKED(prlimit64, ALWAYS, INT(0, 0)),
    CHECKED(tgkill, ALWAYS, INT(0, CALL_OWN_PID)), /* abort(), glibc */
    CHECKED(tkill, ALWAYS, INT(0, CALL_OWN_PID)),  /* abort(), musl */

    /* A thread, not a process. */
    CHECKED(clone, THREADS, ARGUMENT(0, CLONE_THREAD, CLONE_THREAD)),
};

/* What only an intruder asks for: another program, another process, another process's
 * memory. */
const uint16_t fatal_calls[] = {
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
    SYS_clone,
#ifdef SYS_fork
    SYS_fork,   SYS_vfork,
#endif
};

#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))

const size_t plain_call_count = LENGTH(plain_calls);
const size_t checked_call_count = LENGTH(checked_calls);
const size_t fatal_call_count = LENGTH(fatal_calls);
#endif
