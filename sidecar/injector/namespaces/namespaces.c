/* SPDX-License-Identifier: Apache-2.0 */
/* namespaces.c - the objects of all namespaces that limit or set resources.
 *
 * They are an array of pointers, sorted by namespace, kind and name, so a namespace's
 * objects are adjacent. A change is rare and moves pointers. A review's query costs a
 * binary search and a copy under the lock.
 */
#include "namespaces.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "injector/json/json.h"
#include "limit_range.h"
#include "quota.h"

#define NAMESPACE_MAX 64
#define NAME_MAX_SIZE 254

struct object {
	char namespace[NAMESPACE_MAX], name[NAME_MAX_SIZE];
	enum namespaces_kind kind;
	uint64_t list; /* number of the list that had it last */
	union {
		struct amounts resources;
		struct limit_range range;
		struct quota quota;
	} says;
};

struct namespaces {
	pthread_mutex_t lock;
	struct object **objects; /* sorted */
	size_t count, capacity;
	uint64_t list[NAMESPACES_KINDS]; /* the number of the current list */
	uint64_t dropped;
};

struct namespaces *namespaces_new(struct error *err)
{
	struct namespaces *n = calloc(1, sizeof(*n));

	if (!n) {
		fail_memory(err, "namespace rules");
		return NULL;
	}
	pthread_mutex_init(&n->lock, NULL);
	return n;
}

void namespaces_free(struct namespaces *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++)
		free(n->objects[i]);
	free(n->objects);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

/* --- reading an object --------------------------------------------------------------
 */

static int copy_name(char *to, size_t size, const char *from)
{
	const size_t length = from ? strlen(from) : 0;

	if (length == 0 || length >= size)
		return -1;
	memcpy(to, from, length + 1);
	return 0;
}

/* Reads the key that the array is sorted by. A Namespace object belongs to itself. */
static int read_key(enum namespaces_kind kind, const cJSON *json, struct object *key)
{
	const cJSON *metadata = json_member(json, "metadata");
	const char *name = json_text(metadata, "name");
	const char *namespace =
	    kind == KIND_NAMESPACE ? name : json_text(metadata, "namespace");

	key->kind = kind;
	if (copy_name(key->namespace, sizeof(key->namespace), namespace) < 0)
		return -1;
	return copy_name(key->name, sizeof(key->name), name);
}

/* Returns 1 if the object limits or sets resources, 0 if not, -1 if it is invalid. */
static int read_says(struct object *object, const cJSON *json, struct error *err)
{
	const char *text;

	switch (object->kind) {
	case KIND_LIMIT_RANGE:
		return limit_range_read(json, &object->says.range);
	case KIND_RESOURCE_QUOTA:
		return quota_read(json, &object->says.quota);
	default:
		text =
		    json_text(json_member(json_member(json, "metadata"), "annotations"),
			      RESOURCES_ANNOTATION);
		if (!text || !text[0])
			return 0;
		if (resources_parse(text, &object->says.resources, err) == 0)
			return 1;
		return fail_within(err, "namespace %s", object->name);
	}
}

/* --- the array ----------------------------------------------------------------------
 */

static int order_of(const struct object *a, const struct object *b)
{
	int order = strcmp(a->namespace, b->namespace);

	if (order == 0)
		order = (a->kind > b->kind) - (a->kind < b->kind);
	return order ? order : strcmp(a->name, b->name);
}

/* Returns the index of the first object that is not before the key. */
static size_t place_of(const struct namespaces *n, const struct object *key)
{
	size_t low = 0, high = n->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (order_of(n->objects[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct namespaces *n, size_t place, const struct object *key)
{
	return place < n->count && order_of(n->objects[place], key) == 0;
}

static void take_out(struct namespaces *n, size_t place)
{
	free(n->objects[place]);
	n->count--;
	memmove(&n->objects[place], &n->objects[place + 1],
		(n->count - place) * sizeof(struct object *));
}

static int make_room(struct namespaces *n)
{
	size_t more = n->capacity ? 2 * n->capacity : 64;

	if (n->count < n->capacity)
		return 0;
	if (more > NAMESPACES_OBJECTS_MAX)
		more = NAMESPACES_OBJECTS_MAX;
	if (n->count >= more)
		return -1;
	struct object **objects = realloc(n->objects, more * sizeof(struct object *));
	if (!objects)
		return -1;
	n->objects = objects;
	n->capacity = more;
	return 0;
}

static int put_in(struct namespaces *n, size_t place, const struct object *object)
{
	struct object *copy = make_room(n) == 0 ? malloc(sizeof(*copy)) : NULL;

	if (!copy) {
		n->dropped++;
		return -1;
	}
	*copy = *object;
	memmove(&n->objects[place + 1], &n->objects[place],
		(n->count - place) * sizeof(struct object *));
	n->objects[place] = copy;
	n->count++;
	return 0;
}

/* --- changes ------------------------------------------------------------------------
 */

/* Inserts the object, or replaces the one with the same key. If it says nothing about
 * resources, this only removes that one. */
static int exchange(struct namespaces *n, struct object *object, bool says)
{
	const size_t place = place_of(n, object);
	int result = 0;

	object->list = n->list[object->kind];
	if (is_at(n, place, object) && says)
		*n->objects[place] = *object;
	else if (is_at(n, place, object))
		take_out(n, place);
	else if (says)
		result = put_in(n, place, object);
	return result;
}

int namespaces_put(struct namespaces *n, enum namespaces_kind kind, const cJSON *json,
		   struct error *err)
{
	struct object object;

	memset(&object, 0, sizeof(object));
	if (read_key(kind, json, &object) < 0)
		return fail(err, "an object's name is missing or too long");
	const int says = read_says(&object, json, err);
	pthread_mutex_lock(&n->lock);
	const int result = exchange(n, &object, says > 0);
	pthread_mutex_unlock(&n->lock);
	if (result < 0)
		return fail(err, "%s/%s: no room: over %d objects, or out of memory",
			    object.namespace, object.name, NAMESPACES_OBJECTS_MAX);
	return says < 0 ? -1 : 0;
}

void namespaces_remove(struct namespaces *n, enum namespaces_kind kind,
		       const cJSON *json)
{
	struct object key;

	if (read_key(kind, json, &key) < 0)
		return;
	pthread_mutex_lock(&n->lock);
	exchange(n, &key, false);
	pthread_mutex_unlock(&n->lock);
}

void namespaces_begin(struct namespaces *n, enum namespaces_kind kind)
{
	pthread_mutex_lock(&n->lock);
	n->list[kind]++;
	pthread_mutex_unlock(&n->lock);
}

void namespaces_end(struct namespaces *n, enum namespaces_kind kind)
{
	pthread_mutex_lock(&n->lock);
	for (size_t i = n->count; i-- > 0;)
		if (n->objects[i]->kind == kind && n->objects[i]->list < n->list[kind])
			take_out(n, i);
	pthread_mutex_unlock(&n->lock);
}

/* --- queries ------------------------------------------------------------------------
 */

static void add(struct namespace_rules *rules, const struct object *object)
{
	switch (object->kind) {
	case KIND_LIMIT_RANGE:
		limit_range_narrow(&rules->limits, &object->says.range);
		break;
	case KIND_RESOURCE_QUOTA:
		if (rules->quota_count < QUOTAS_MAX)
			rules->quotas[rules->quota_count++] = object->says.quota;
		break;
	default:
		rules->resources = object->says.resources;
		break;
	}
}

void namespaces_rules(struct namespaces *n, const char *name,
		      struct namespace_rules *rules)
{
	struct object first;

	rules->limits = limit_range_none;
	rules->quota_count = 0;
	rules->resources = amounts_none;
	memset(&first, 0, sizeof(first));
	if (copy_name(first.namespace, sizeof(first.namespace), name) < 0)
		return;
	pthread_mutex_lock(&n->lock);
	for (size_t i = place_of(n, &first);
	     i < n->count && strcmp(n->objects[i]->namespace, name) == 0; i++)
		add(rules, n->objects[i]);
	pthread_mutex_unlock(&n->lock);
}

struct namespaces_figures namespaces_figures(struct namespaces *n)
{
	pthread_mutex_lock(&n->lock);
	const struct namespaces_figures figures = {(unsigned)n->count, n->dropped};
	pthread_mutex_unlock(&n->lock);
	return figures;
}
