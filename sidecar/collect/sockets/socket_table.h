/* SPDX-License-Identifier: Apache-2.0 */
/* socket_table.h - the sockets that are followed one by one, by cookie. */
#ifndef DORMOUSE_COLLECT_SOCKETS_SOCKET_TABLE_H
#define DORMOUSE_COLLECT_SOCKETS_SOCKET_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct tracked_socket {
	uint64_t cookie;             /* 0: not in use */
	uint64_t tx_bytes, rx_bytes; /* as last seen, these and the next */
	uint64_t tx_again;
	uint32_t tx_segments, rx_segments;
	uint32_t tx_data_segments, rx_data_segments; /* of the monitor's own only */
	uint32_t dump;   /* the number of the dump that saw it last */
	uint32_t active; /* flows_add()'s */
	uint32_t
	    next;     /* in its chain, by place + 1; 0 ends it. Of the free: by place */
	uint8_t side; /* enum side; of the monitor's own none */
	bool is_certain; /* the byte counters told the side */
	uint8_t container;
	uint8_t
	    headers; /* of the monitor's own: bytes of a packet without TCP's options */
};

struct socket_table {
	struct tracked_socket *sockets;
	uint32_t *heads;
	uint32_t max, mask;
	uint32_t used; /* places ever used: what comes after was never touched */
	uint32_t free; /* chain of places that are free again */
	uint32_t count;
	uint32_t hand;       /* where the next lesser one is looked for */
	uint64_t hand_least; /* the least since the hand began its round */
	uint32_t hand_steps; /* in this round */
	uint64_t floor;      /* nobody has sent less, as the last whole round found */
};

/* Room for `max` sockets. Returns -1 on allocation failure. */
int socket_table_init(struct socket_table *t, uint32_t max);
void socket_table_release(struct socket_table *t);

/* NULL when it is not there. */
struct tracked_socket *socket_table_find(struct socket_table *t, uint64_t cookie);

/* Adds a socket that is not there, all zero but for its cookie. NULL when full. */
struct tracked_socket *socket_table_add(struct socket_table *t, uint64_t cookie);
void socket_table_remove(struct socket_table *t, struct tracked_socket *socket);

/* One that has sent less than half of these bytes; NULL when the next few that a hand
 * going round points at have all sent more. */
struct tracked_socket *socket_table_lesser(struct socket_table *t, uint64_t tx_bytes);

/* Removes the sockets that neither this complete dump nor the one before it saw, if
 * word of their end was lost in dump number `lost` or later, or is long overdue. */
void socket_table_forget_unseen(struct socket_table *t, uint32_t dump, uint32_t lost);

#endif
