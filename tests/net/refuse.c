/* SPDX-License-Identifier: Apache-2.0 */
/* refuse.c - runs a program where the kernel refuses it some kinds of socket, or
 * refuses to take a descriptor out of an epoll set.
 *
 *     refuse NETLINK_FAMILY... -- PROGRAM [ARGUMENT...]
 *     refuse epoll-del -- PROGRAM [ARGUMENT...]
 *
 * From then on socket(AF_NETLINK, ANY, NETLINK_FAMILY) fails with EPERM, as under a
 * strict seccomp profile; all else is allowed. NETLINK_FAMILY is a number: 0 for
 * rtnetlink, 4 for sock_diag.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FAMILIES_MAX 8

/* The low 32 bits of the n-th argument of the call. */
#define ARGUMENT(n)                                                                    \
	(offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t) +                \
	 (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))

static int enforce(struct sock_filter *code, unsigned count)
{
	const struct sock_fprog program = {.len = (unsigned short)count,
					   .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int install(const uint32_t *families, unsigned count)
{
	struct sock_filter code[6 + 2 * FAMILIES_MAX];
	unsigned n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket,
						 0, (uint8_t)(3 + 2 * count));
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(0));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK,
						 0, (uint8_t)(1 + 2 * count));
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(2));
	for (unsigned i = 0; i < count; i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 families[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(
		    BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA));
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	return enforce(code, n);
}

/* From then on epoll_ctl(ANY, EPOLL_CTL_DEL, ...) fails with EPERM. */
static int install_epoll_del(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_ctl, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(1)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, EPOLL_CTL_DEL, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA)),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return enforce(code, sizeof(code) / sizeof(code[0]));
}

int main(int argc, char **argv)
{
	uint32_t families[FAMILIES_MAX];
	unsigned count = 0;
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0 && count < FAMILIES_MAX; i++)
		families[count++] = (uint32_t)strtoul(argv[i], NULL, 10);
	if (count == 0 || i + 1 >= argc) {
		fprintf(stderr, "usage: refuse NETLINK_FAMILY... -- PROGRAM ...\n");
		return 2;
	}
	bool epoll_del = strcmp(argv[1], "epoll-del") == 0;
	if ((epoll_del ? install_epoll_del() : install(families, count)) < 0) {
		perror("refuse: seccomp");
		return 1;
	}
	execvp(argv[i + 1], argv + i + 1);
	perror("refuse: exec");
	return 127;
}
