/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c - the pod's identity from the downward API. */
#include "identity.h"

#include <stdlib.h>

#include "base/hash.h"

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

struct identity identity_from_environment(void)
{
	return (struct identity){
	    .name = variable("POD_NAME"),
	    .namespace = variable("POD_NAMESPACE"),
	    .uid = variable("POD_UID"),
	    .node = variable("NODE_NAME"),
	    .workload = variable("DORMOUSE_WORKLOAD"),
	    .cluster = variable("DORMOUSE_CLUSTER"),
	    .images = variable("DORMOUSE_IMAGES"),
	};
}

void identity_json(const struct identity *pod, struct json_writer *w)
{
	const struct {
		const char *member, *value;
	} members[] = {
	    {"name", pod->name},         {"namespace", pod->namespace},
	    {"uid", pod->uid},           {"node", pod->node},
	    {"workload", pod->workload}, {"cluster", pod->cluster},
	    {"images", pod->images},
	};

	json_object(w, NULL);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (members[i].value[0])
			json_string(w, members[i].member, members[i].value);
	if (pod->labels)
		json_raw(w, "labels", pod->labels);
	json_end(w);
}

void identity_json_within(const struct identity *pod, size_t reserve,
			  struct json_writer *w)
{
	const struct json_mark before = json_mark(w);

	identity_json(pod, w);
	if (!w->out->overflowed && w->out->capacity - w->out->length >= reserve)
		return;
	json_rewind(w, &before);
	json_object(w, NULL);
	json_end(w);
}

uint64_t identity_hash(const struct identity *pod)
{
	uint64_t hash = hash_string(HASH_START, pod->uid);

	hash = hash_string(hash, pod->namespace);
	hash = hash_string(hash, pod->name);
	return pod->labels ? hash_string(hash, pod->labels) : hash;
}
