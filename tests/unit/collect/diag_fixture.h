/* SPDX-License-Identifier: Apache-2.0 */
/* diag_fixture.h - sockets as the kernel's sock_diag describes them, for tests. */
#ifndef TESTS_COLLECT_DIAG_FIXTURE_H
#define TESTS_COLLECT_DIAG_FIXTURE_H

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdint.h>

#include "../support/datagram_fixture.h"

static inline struct inet_diag_msg ipv4_socket(const char *local, uint16_t local_port,
					       const char *remote, uint16_t remote_port)
{
	struct inet_diag_msg m = {.idiag_family = AF_INET, .idiag_state = 1};
	inet_pton(AF_INET, local, m.id.idiag_src);
	inet_pton(AF_INET, remote, m.id.idiag_dst);
	m.id.idiag_sport = htons(local_port);
	m.id.idiag_dport = htons(remote_port);
	m.id.idiag_cookie[0] = 7;
	return m;
}

#endif
