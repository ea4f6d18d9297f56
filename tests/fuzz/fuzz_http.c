/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what a client sends to the monitor's ports, through the library that
 * ships and all handlers: what comes back is HTTP, the connection ends, and the next
 * client is served. The first byte chooses the port, the second where the first piece
 * ends. */
#include <stdint.h>
#include <stdlib.h>

#include "../unit/support/server_fixture.h"
#include "exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned runs;

	if (!server)
		start_with_alerts();
	if (size < 2)
		return 0;
	const uint16_t port = data[0] % 2 ? open_port() : local_port();

	check_http(exchange(port, data + 2, size - 2, data[1] * 8u));
	if (++runs % 64 == 0)
		check_alive(open_port(), "/metrics");
	return 0;
}
