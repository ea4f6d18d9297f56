/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a datagram of sockets: nothing beyond them is read, and what is visited
 * makes sense. The first byte of the input chooses the sequence that is waited for. */
#include <stdlib.h>
#include <string.h>

#include "collect/sockets/sock_diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(void *context, struct nlmsghdr *message)
{
	struct diag_socket socket;

	(void)context;
	if (diag_read(message, &socket) &&
	    (socket.cookie == 0 || (!socket.has_counters && socket.tx_bytes != 0)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netlink_answer answer = {.visit = visit};
	void *datagram;

	if (size < 2)
		return 0;
	/* A block of its very size, so that the sanitizer sees a read beyond it. */
	datagram = malloc(size - 1);
	if (!datagram)
		return 0;
	memcpy(datagram, data + 1, size - 1);
	answer.sequence = data[0] % 4;
	netlink_answer_read(&answer, datagram, size - 1);
	free(datagram);
	return 0;
}
