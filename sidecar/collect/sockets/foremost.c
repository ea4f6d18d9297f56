/* SPDX-License-Identifier: Apache-2.0 */
/* foremost.c - selects the flows with the most traffic. */
#include "foremost.h"

#include <stdbool.h>

#include "flow_order.h"

static bool is_nothing(const struct flow *flow)
{
	return flow->tx_bytes == 0 && flow->rx_bytes == 0 && flow->connections == 0;
}

static bool comes_before(const struct flow *a, const struct flow *b)
{
	return amount_comes_before(FLOW_AMOUNT(a), FLOW_AMOUNT(b));
}

/* heap[0] comes last in the order of heap[0..count): moves the flow at `at` down to its
 * place. */
static void sift_down(struct flow *heap, size_t at, size_t count)
{
	struct flow moving = heap[at];
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= count)
			break;
		if (child + 1 < count && comes_before(&heap[child], &heap[child + 1]))
			child++;
		if (!comes_before(&moving, &heap[child]))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moving;
}

/* Adds a flow that is not among the foremost to the rest. */
static void add_to_rest(struct flow *rest, const struct flow *flow)
{
	rest->tx_bytes += flow->tx_bytes;
	rest->rx_bytes += flow->rx_bytes;
	rest->connections += flow->connections;
	rest->begun += flow->begun;
}

size_t foremost_add(struct flow *heap, size_t count, size_t max,
		    const struct flow *candidate, struct flow *rest)
{
	if (count < max) {
		size_t at = count;
		while (at > 0 && comes_before(&heap[(at - 1) / 2], candidate)) {
			heap[at] = heap[(at - 1) / 2];
			at = (at - 1) / 2;
		}
		heap[at] = *candidate;
		return count + 1;
	}
	if (max == 0 || !comes_before(candidate, &heap[0])) {
		add_to_rest(rest, candidate);
		return count;
	}
	add_to_rest(rest, &heap[0]);
	heap[0] = *candidate;
	sift_down(heap, 0, count);
	return count;
}

/* heap[0] comes last in the order: swapping it to the end repeatedly sorts the heap.
 * qsort() is not used because glibc's version allocates. */
static void sort_heap(struct flow *heap, size_t count)
{
	while (count > 1) {
		struct flow last = heap[0];
		heap[0] = heap[--count];
		heap[count] = last;
		sift_down(heap, 0, count);
	}
}

size_t foremost_finish(struct flow *flows, size_t count, const struct flow *rest)
{
	sort_heap(flows, count);
	if (!is_nothing(rest))
		flows[count++] = *rest;
	return count;
}
