/* SPDX-License-Identifier: Apache-2.0 */
/* workload_name.c - names of Kubernetes, and what they tell. */
#include "workload_name.h"

#include <string.h>

#define SUFFIX_LENGTH   5 /* of a generated name */
#define HASH_LENGTH_MIN 6 /* of a pod template's hash, in 32 bits */
#define HASH_LENGTH_MAX 10
#define TIME_LENGTH_MIN 8 /* of a Job of a CronJob: in minutes, once in seconds */
#define TIME_LENGTH_MAX 11

static const char safe_letters[] = "bcdfghjklmnpqrstvwxz2456789";
static const char digits[] = "0123456789";

bool name_is_valid(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	const size_t length = strlen(name);

	return length > 0 && length <= OWNER_NAME_MAX &&
	       strspn(name, letters) == length && !strchr("-.", name[0]) &&
	       !strchr("-.", name[length - 1]);
}

/* The name is the first `length` bytes of `name`. */
static bool set(struct owner *owner, const char *kind, const char *name, size_t length)
{
	char copy[OWNER_NAME_MAX + 1];

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, name, length);
	copy[length] = '\0';
	return owner_set(owner, kind, copy);
}

bool workload_read(struct owner *owner, const char *workload)
{
	char kind[OWNER_KIND_MAX + 1];
	const size_t length = strcspn(workload, "/");

	if (workload[length] != '/' || length >= sizeof(kind))
		return false;
	memcpy(kind, workload, length);
	kind[length] = '\0';
	return owner_set(owner, kind, workload + length + 1);
}

/* The length of the name before its last part, or 0 if that is not of these letters,
 * and as long as that. */
static size_t before_part(const char *name, size_t length, const char *letters,
			  size_t least, size_t most)
{
	size_t part = 0;

	while (part < length && name[length - part - 1] != '-')
		part++;
	if (part + 1 >= length || part < least || part > most ||
	    strspn(name + length - part, letters) < part)
		return 0;
	return length - part - 1;
}

bool workload_of_pod(struct owner *owner, const char *pod)
{
	const size_t length = strlen(pod);
	const size_t base =
	    before_part(pod, length, safe_letters, SUFFIX_LENGTH, SUFFIX_LENGTH);
	const size_t ordinal = before_part(pod, length, digits, 1, 4);
	size_t outer;

	if ((outer = before_part(pod, base, digits, TIME_LENGTH_MIN, TIME_LENGTH_MAX)))
		return set(owner, "CronJob", pod, outer);
	if ((outer = before_part(pod, base, safe_letters, HASH_LENGTH_MIN,
				 HASH_LENGTH_MAX)))
		return set(owner, "Deployment", pod, outer);
	if (base)
		return set(owner, "DaemonSet", pod, base);
	if (ordinal)
		return set(owner, "StatefulSet", pod, ordinal);
	return set(owner, "Pod", pod, length);
}

bool workload_of_replicaset(struct owner *owner, const char *replicaset)
{
	const size_t length = strlen(replicaset);
	const size_t base = before_part(replicaset, length, safe_letters,
					HASH_LENGTH_MIN, HASH_LENGTH_MAX);

	return set(owner, base ? "Deployment" : "ReplicaSet", replicaset,
		   base ? base : length);
}
