/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c - the names of the signals. */
#include "dormouse/sample.h"

#include <stddef.h>
#include <string.h>

/* A row a signal. The value stands between `does` or `did` and `how`. */
static const struct {
	const char *name, *unit;
	struct signal_words words;
} signals[SIGNAL_COUNT] = {
    [SIGNAL_TX_BYTES] = {"tx_bytes", "bytes", {"sent", "sends", "sent", ""}},
    [SIGNAL_TX_PACKETS] = {"tx_packets",
			   "packets",
			   {"packets sent", "sends", "sent", ""}},
    [SIGNAL_RX_BYTES] = {"rx_bytes", "bytes", {"received", "receives", "received", ""}},
    [SIGNAL_RX_PACKETS] = {"rx_packets",
			   "packets",
			   {"packets received", "receives", "received", ""}},
    [SIGNAL_TCP_TX_BYTES] = {"tcp_tx_bytes",
			     "bytes",
			     {"sent over TCP", "sends", "sent", " over TCP"}},
    [SIGNAL_TCP_TX_PACKETS] = {"tcp_tx_packets",
			       "packets",
			       {"TCP packets sent", "sends", "sent", " over TCP"}},
    [SIGNAL_TCP_NEW_SOCKETS] = {"tcp_new_sockets",
				"connections",
				{"connections opened", "opens", "opened", ""}},
    [SIGNAL_TCP_INITIATED_TX_BYTES] = {"tcp_initiated_tx_bytes",
				       "bytes",
				       {"sent on its own connections", "sends", "sent",
					" on its own connections"}},
    [SIGNAL_UDP_TX_BYTES] = {"udp_tx_bytes",
			     "bytes",
			     {"sent over UDP", "sends", "sent", " over UDP"}},
    [SIGNAL_UDP_TX_PACKETS] = {"udp_tx_packets",
			       "packets",
			       {"UDP packets sent", "sends", "sent", " over UDP"}},
    [SIGNAL_DESTINATIONS] = {"destinations",
			     "addresses",
			     {"addresses sent to", "sends to", "sent to", ""}},
};

const char *signal_name(enum signal signal)
{
	return signals[signal].name;
}

const char *signal_unit(enum signal signal)
{
	return signals[signal].unit;
}

const struct signal_words *signal_words(enum signal signal)
{
	return &signals[signal].words;
}

int signal_by_name(const char *name)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (strcmp(signals[i].name, name) == 0)
			return i;
	return -1;
}
