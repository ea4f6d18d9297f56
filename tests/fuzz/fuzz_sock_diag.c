/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a datagram of sockets: nothing beyond them is read, and what is visited
 * makes sense. The first byte of the input chooses the sequence that is waited for. */
#include <stdlib.h>
#include <string.h>

#include "collect/sockets/sock_diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(void *context, const struct diag_socket *socket)
{
	(void)context;
	if (socket->cookie == 0 || (!socket->has_counters && socket->tx_bytes != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	/* A block of its very size, so that the sanitizer sees a read beyond it. */
	void *datagram = malloc(size - 1);
	memcpy(datagram, data + 1, size - 1);
	struct diag_reader reader = {.sequence = data[0] % 4, .visit = visit};
	enum diag_progress progress = diag_read(&reader, datagram, size - 1);
	if (progress == DIAG_REFUSED && reader.error <= 0)
		abort();
	free(datagram);
	return 0;
}
