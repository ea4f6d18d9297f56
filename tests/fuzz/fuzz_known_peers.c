/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the known peers of a state file: a block is taken or refused, and what
 * is taken can be listed, joined to networks, added to and kept again. The bytes are
 * laid over a sound block, so that most of them reach the checks. */
#include <stdlib.h>
#include <string.h>

#include "collect/sockets/known_peers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct flow flow_to(uint32_t host)
{
	struct flow f = {.port = (uint16_t)(host % 7),
			 .protocol = host % 2 ? IPPROTO_TCP : IPPROTO_UDP,
			 .direction = (uint8_t)(host % 3),
			 .tx_bytes = host,
			 .begun = 1};

	memcpy(&f.address.s6_addr[host % 5], &host, sizeof(host));
	return f;
}

static void use(struct known_peers *k, uint32_t from, uint32_t count, double time)
{
	for (uint32_t host = from; host < from + count; host++) {
		const struct flow f = flow_to(host);
		known_peers_add(k, &f);
	}
	known_peers_commit(k, time);
}

static void check(const struct known_peers *k)
{
	uint32_t numbers[PEERS_KNOWN_MAX];
	struct peer_prefix prefixes[PEER_PREFIXES_MAX];
	struct known_peer peer;
	const size_t count = known_peers_list(k, numbers);

	for (size_t i = 0; i < count; i++)
		if (!known_peers_get(k, numbers[i], &peer) || peer.first_seen == 0)
			abort();
	if (known_peers_prefixes(k, prefixes, PEER_PREFIXES_MAX) > PEER_PREFIXES_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct known_peers sound, fuzzed, again;
	struct peers_kept block;
	uint16_t at;

	if (size < sizeof(at))
		return 0;
	if (sound.numbers == 0) {
		known_peers_init(&sound, 1);
		use(&sound, 1, 500, 1.7e9);
	}
	memcpy(&at, data, sizeof(at));
	data += sizeof(at);
	size -= sizeof(at);
	block = sound.kept;
	at = (uint16_t)(at % sizeof(block));
	if (size > sizeof(block) - at)
		size = sizeof(block) - at;
	memcpy((uint8_t *)&block + at, data, size);
	known_peers_init(&fuzzed, 2);
	known_peers_restore(&fuzzed, &block, sizeof(block));
	check(&fuzzed);
	use(&fuzzed, 400, 300, 1.7e9 + 60);
	check(&fuzzed);
	known_peers_init(&again, 3);
	if (!known_peers_restore(&again, &fuzzed.kept, sizeof(fuzzed.kept)))
		abort();
	return 0;
}
