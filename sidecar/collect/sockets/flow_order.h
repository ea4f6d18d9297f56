/* SPDX-License-Identifier: Apache-2.0 */
/* flow_order.h - which of two flows comes first where only some find a place. */
#ifndef DORMOUSE_COLLECT_SOCKETS_FLOW_ORDER_H
#define DORMOUSE_COLLECT_SOCKETS_FLOW_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/* How much a flow moved. */
struct flow_amount {
	uint64_t tx_bytes, rx_bytes;
	uint32_t connections;
};

/* Of a struct with these members, such as struct flow. */
#define FLOW_AMOUNT(f)                                                                 \
	((struct flow_amount){(f)->tx_bytes, (f)->rx_bytes, (f)->connections})

/* Most bytes sent first, then most received, then most connections. */
static inline bool amount_comes_before(struct flow_amount a, struct flow_amount b)
{
	if (a.tx_bytes != b.tx_bytes)
		return a.tx_bytes > b.tx_bytes;
	if (a.rx_bytes != b.rx_bytes)
		return a.rx_bytes > b.rx_bytes;
	return a.connections > b.connections;
}

#endif
