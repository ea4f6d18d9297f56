/* SPDX-License-Identifier: Apache-2.0 */
/* socket_table.c - the sockets that are tracked individually, by cookie.
 *
 * Chained hashing over a dense array whose lowest places are used first: a pod with ten
 * connections uses ten places, whatever the bound.
 */
#include <stdlib.h>

#include "base/hashing.h"
#include "socket_table.h"

/* The number of sockets examined to find one that sent less. */
#define HAND_STEPS 4

/* The kernel reports the end of a socket when its last packet is gone. For a connection
 * without any answer this is seconds after it left the dumps. After this many dumps the
 * kernel must have dropped the report on an allocation failure. */
#define OVERDUE_DUMPS 4096

int socket_table_init(struct socket_table *t, uint32_t max)
{
	uint32_t buckets = hash_buckets(max);

	*t = (struct socket_table){.max = max, .mask = buckets - 1, .free = NO_INDEX};
	/* One large allocation: it is mapped, and only the pages used cost memory. */
	t->sockets = calloc(1, max * sizeof(*t->sockets) + buckets * sizeof(*t->heads));
	if (!t->sockets)
		return -1;
	t->heads = (uint32_t *)(t->sockets + max);
	return 0;
}

void socket_table_release(struct socket_table *t)
{
	free(t->sockets);
	*t = (struct socket_table){0};
}

static void begin_round(struct socket_table *t)
{
	t->hand_least = UINT64_MAX;
	t->hand_steps = 0;
}

static uint32_t *head_of(struct socket_table *t, uint64_t cookie)
{
	return &t->heads[hash_mix(cookie) & t->mask];
}

struct tracked_socket *socket_table_find(struct socket_table *t, uint64_t cookie)
{
	for (uint32_t i = *head_of(t, cookie); i != 0; i = t->sockets[i - 1].next)
		if (t->sockets[i - 1].cookie == cookie)
			return &t->sockets[i - 1];
	return NULL;
}

struct tracked_socket *socket_table_add(struct socket_table *t, uint64_t cookie)
{
	uint32_t index = t->free;
	if (index != NO_INDEX)
		t->free = t->sockets[index].next;
	else if (t->used < t->max)
		index = t->used++;
	else
		return NULL;
	uint32_t *head = head_of(t, cookie);
	t->sockets[index] = (struct tracked_socket){.cookie = cookie, .next = *head};
	*head = index + 1;
	t->count++;
	t->floor = 0;
	begin_round(t);
	return &t->sockets[index];
}

void socket_table_remove(struct socket_table *t, struct tracked_socket *socket)
{
	uint32_t index = (uint32_t)(socket - t->sockets);
	uint32_t *at = head_of(t, socket->cookie);
	while (*at != index + 1)
		at = &t->sockets[*at - 1].next;
	*at = socket->next;
	socket->cookie = 0;
	socket->next = t->free;
	t->free = index;
	t->count--;
}

struct tracked_socket *socket_table_lesser(struct socket_table *t, uint64_t tx_bytes)
{
	for (unsigned i = 0; i < HAND_STEPS && tx_bytes / 2 > t->floor; i++) {
		struct tracked_socket *at = &t->sockets[t->hand++ % t->used];
		if (at->cookie == 0)
			continue;
		if (at->tx_bytes < tx_bytes / 2)
			return at;
		if (at->tx_bytes < t->hand_least)
			t->hand_least = at->tx_bytes;
		if (++t->hand_steps == t->used) {
			t->floor = t->hand_least;
			begin_round(t);
		}
	}
	return NULL;
}

uint32_t socket_table_forget_unseen(struct socket_table *t, uint32_t dump,
				    uint32_t lost, uint32_t late)
{
	uint32_t due = 0;

	for (uint32_t i = 0; i < t->used; i++) {
		struct tracked_socket *at = &t->sockets[i];
		uint32_t unseen = dump - at->dump;
		bool is_late = unseen >= 2 && unseen > dump - late;
		bool may_be_lost = dump - lost < unseen;
		if (at->cookie == 0 || unseen == 0)
			continue;
		due += !is_late && !may_be_lost && at->tx_bytes > 0;
		if ((is_late && may_be_lost) || unseen >= OVERDUE_DUMPS)
			socket_table_remove(t, at);
	}
	return due;
}
