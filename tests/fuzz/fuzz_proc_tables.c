/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/dev and /proc/net/tcp, from any bytes: nothing is read past the end of a
 * line, and what a line says keeps to its bounds. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collect/links/proc_dev.h"
#include "collect/sockets/proc_tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One line in memory of its own size. */
static void take_line(struct slice line)
{
	size_t length = (size_t)(line.end - line.at);
	char *copy = malloc(length + 1);
	struct slice alone;
	struct link_reading reading;
	struct diag_socket socket;
	char name[IF_NAMESIZE];

	if (!copy)
		return;
	memcpy(copy, line.at, length);
	alone = (struct slice){copy, copy + length};
	if (proc_dev_line(alone, name, &reading) &&
	    (!memchr(name, 0, sizeof(name)) || name[0] == '\0' || strchr(name, ':')))
		abort();
	if (proc_tcp_line(alone, &socket) && socket.cookie == 0)
		abort();
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, (const char *)data + size}, line;

	while (next_line(&rest, &line))
		take_line(line);
	return 0;
}
