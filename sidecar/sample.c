/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c - the names of the signals. */
#include "dormouse/sample.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name, *unit;
} signals[SIGNAL_COUNT] = {
    [SIGNAL_TX_BYTES] = {"tx_bytes", "bytes"},
    [SIGNAL_TX_PACKETS] = {"tx_packets", "packets"},
    [SIGNAL_RX_BYTES] = {"rx_bytes", "bytes"},
    [SIGNAL_RX_PACKETS] = {"rx_packets", "packets"},
    [SIGNAL_TCP_TX_BYTES] = {"tcp_tx_bytes", "bytes"},
    [SIGNAL_TCP_TX_PACKETS] = {"tcp_tx_packets", "packets"},
    [SIGNAL_TCP_NEW_SOCKETS] = {"tcp_new_sockets", "connections"},
    [SIGNAL_TCP_INITIATED_TX_BYTES] = {"tcp_initiated_tx_bytes", "bytes"},
    [SIGNAL_UDP_TX_BYTES] = {"udp_tx_bytes", "bytes"},
    [SIGNAL_UDP_TX_PACKETS] = {"udp_tx_packets", "packets"},
    [SIGNAL_DESTINATIONS] = {"destinations", "addresses"},
    [SIGNAL_UNACCOUNTED_TX_BYTES] = {"unaccounted_tx_bytes", "bytes"},
};

const char *signal_name(enum signal signal)
{
	return signals[signal].name;
}

const char *signal_unit(enum signal signal)
{
	return signals[signal].unit;
}

int signal_by_name(const char *name)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (strcmp(signals[i].name, name) == 0)
			return i;
	return -1;
}
