/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c - the names of the signals. */
#include "dormouse/sample.h"

#include <stddef.h>
#include <string.h>

/* A value stands between `does` or `did` and `how`. */
#define ROW(id, name, unit, title, does, did, how)                                     \
	[SIGNAL_##id] = {name, unit, {title, does, did, how}}

static const struct {
	const char *name, *unit;
	struct signal_words words;
} signals[SIGNAL_COUNT] = {
    ROW(TX_BYTES, "tx_bytes", "bytes", "sent", "sends", "sent", ""),
    ROW(TX_PACKETS, "tx_packets", "packets", "packets sent", "sends", "sent", ""),
    ROW(RX_BYTES, "rx_bytes", "bytes", "received", "receives", "received", ""),
    ROW(RX_PACKETS, "rx_packets", "packets", "packets received", "receives", "received",
	""),
    ROW(TCP_TX_BYTES, "tcp_tx_bytes", "bytes", "sent over TCP", "sends", "sent",
	" over TCP"),
    ROW(TCP_TX_PACKETS, "tcp_tx_packets", "packets", "TCP packets sent", "sends",
	"sent", " over TCP"),
    ROW(TCP_NEW_SOCKETS, "tcp_new_sockets", "connections", "connections opened",
	"opens", "opened", ""),
    ROW(TCP_INITIATED_TX_BYTES, "tcp_initiated_tx_bytes", "bytes",
	"sent on its own connections", "sends", "sent", " on its own connections"),
    ROW(UDP_TX_BYTES, "udp_tx_bytes", "bytes", "sent over UDP", "sends", "sent",
	" over UDP"),
    ROW(UDP_TX_PACKETS, "udp_tx_packets", "packets", "UDP packets sent", "sends",
	"sent", " over UDP"),
    ROW(DESTINATIONS, "destinations", "addresses", "addresses sent to", "sends to",
	"sent to", ""),
    ROW(UNACCOUNTED_TX_BYTES, "unaccounted_tx_bytes", "bytes",
	"sent by no known socket", "sends", "sent", " by no known socket"),
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
