/* SPDX-License-Identifier: Apache-2.0 */
/* socket_table.h - the sockets that are tracked individually, by cookie. */
#ifndef DORMOUSE_COLLECT_SOCKETS_SOCKET_TABLE_H
#define DORMOUSE_COLLECT_SOCKETS_SOCKET_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct tracked_socket {
	uint64_t cookie;             /* 0: not in use */
	uint64_t tx_bytes, rx_bytes; /* as last seen, like the following */
	uint64_t tx_again;
	uint32_t tx_segments, rx_segments;
	uint32_t tx_data_segments, rx_data_segments; /* own sockets only */
	uint32_t dump;                               /* the last dump that saw it */
	uint32_t active;                             /* flows_add()'s */
	uint32_t next;   /* place + 1 in its chain, 0 at the end; place in the free
			  * list */
	uint8_t role;    /* enum socket_role; unused for the monitor's own sockets */
	bool is_certain; /* the byte counters showed the role */
	uint8_t container;
	uint8_t headers; /* own sockets: header bytes without TCP's options */
};

struct socket_table {
	struct tracked_socket *sockets;
	uint32_t *heads;
	uint32_t max, mask;
	uint32_t used; /* places ever used: later ones were never touched */
	uint32_t free; /* list of places that are free again */
	uint32_t count;
	uint32_t hand;       /* where the next search begins */
	uint64_t hand_least; /* the minimum since the hand's round began */
	uint32_t hand_steps; /* in this round */
	uint64_t floor;      /* the minimum of the last whole round */
};

/* Room for `max` sockets. Returns -1 on allocation failure. */
int socket_table_init(struct socket_table *t, uint32_t max);
void socket_table_release(struct socket_table *t);

/* NULL when it is not there. */
struct tracked_socket *socket_table_find(struct socket_table *t, uint64_t cookie);

/* Adds a socket that is not there, all zero but for its cookie. NULL when full. */
struct tracked_socket *socket_table_add(struct socket_table *t, uint64_t cookie);
void socket_table_remove(struct socket_table *t, struct tracked_socket *socket);

/* Returns a socket that sent less than half of `tx_bytes`. It examines the next few
 * places in a circular order; NULL if all of these sent more. */
struct tracked_socket *socket_table_lesser(struct socket_table *t, uint64_t tx_bytes);

/* Removes the sockets that neither this complete dump nor those before it, back to
 * number `late`, saw, if the event of their end may be among those that were lost
 * before dump number `lost`, or is long overdue. (An event that is late and not lost
 * would count its connection anew.) Returns how many had sent something, were missed
 * since `late`, and must still be reported. */
uint32_t socket_table_forget_unseen(struct socket_table *t, uint32_t dump,
				    uint32_t lost, uint32_t late);

#endif
