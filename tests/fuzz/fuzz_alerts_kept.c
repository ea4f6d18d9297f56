/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_alerts_kept.c - alerts of a state file: any bytes, or a good block that was
 * changed. They are refused, or the store goes on with them: it tells them, applies
 * verdicts, and what it keeps then is fit to be restored again.
 */
#include <stdlib.h>
#include <string.h>

#include "alert/kept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct alert_store *new_store(void)
{
	struct alert_store *store = alert_store_new(1);

	if (!store)
		abort();
	return store;
}

/* Shows an incident of each kind, and a flow. */
static void show(struct alert_store *store, double now)
{
	static const struct flow flow = {
	    .port = 443, .protocol = 6, .tx_bytes = 1 << 20, .connections = 1};
	const struct traffic_span span = {.flows = &flow, .flow_count = 1};
	struct traffic_span since[ALERT_KIND_COUNT];
	struct verdict verdicts[ALERT_KIND_COUNT];
	const struct traffic_view view = {
	    .scanned = true, .scan = span, .moved_since = since};

	for (unsigned i = 0; i < ALERT_KIND_COUNT; i++) {
		memcpy(&since[i], &span, sizeof(span));
		verdicts[i] = (struct verdict){
		    .kind = (enum alert_kind)i,
		    .incident = alert_kind_rank((enum alert_kind)i) > 0 ? i + 1 : 0,
		    .onset = now - 10,
		    .value = 1e6,
		    .bytes = 1 << 20,
		    .sent_in_all = 1 << 20};
	}
	alert_store_apply(store, now, 10, verdicts, ALERT_KIND_COUNT, &view, NULL,
			  NULL);
}

static void tell_all(const struct alert_store *store)
{
	static char json[ALERT_JSON_MAX];
	const struct identity pod = {.name = "p",
				     .namespace = "n",
				     .uid = "",
				     .node = "",
				     .cluster = "",
				     .workload = "",
				     .images = ""};
	const struct alert *alert;

	for (size_t i = 0; (alert = alert_store_at(store, i)); i++) {
		struct text t = text_over(json, sizeof(json));
		struct json_writer w = json_writer_over(&t);

		alert_json(alert, &pod, &w);
		if (t.overflowed)
			abort();
	}
}

/* Goes on with a block that may be anything. */
static void take_in(const void *block, size_t bytes)
{
	struct alert_store *store = new_store(), *again = new_store();
	const double now = 1700000100;
	struct error err;

	if (alert_store_restore(store, block, bytes, now, &err) == 0) {
		tell_all(store);
		show(store, now + 10);
		for (unsigned i = 2; i < 12; i++)
			alert_store_apply(store, now + 10 * i, 10, NULL, 0, NULL, NULL,
					  NULL);
		tell_all(store);
		if (alert_store_any_firing(store))
			abort();
		block = alert_store_kept(store, &bytes);
		if (alert_store_restore(again, block, bytes, now, &err) < 0)
			abort();
	}
	alert_store_free(again);
	alert_store_free(store);
}

static void try_changes(const uint8_t *data, size_t size)
{
	struct alert_store *store = new_store();
	static struct kept_alerts kept;
	size_t bytes;

	show(store, 1700000000);
	const void *block = alert_store_kept(store, &bytes);
	memcpy(&kept, block, bytes);
	for (; size >= 3; data += 3, size -= 3)
		((uint8_t *)&kept)[(data[0] | (size_t)data[1] << 8) % bytes] = data[2];
	take_in(&kept, bytes);
	alert_store_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] % 2 == 0) {
		uint8_t *block = malloc(size);
		if (!block)
			abort();
		memcpy(block, data + 1, size - 1);
		take_in(block, size - 1);
		free(block);
	} else if (size > 0) {
		try_changes(data + 1, size - 1);
	}
	return 0;
}
