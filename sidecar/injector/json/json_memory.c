/* SPDX-License-Identifier: Apache-2.0 */
/* json_memory.c - memory of fixed size that cJSON allocates in.
 *
 * All addresses are reserved at the start; the kernel adds pages when they are touched.
 * An allocation advances `used`, a free does nothing, and emptying resets `used` to 0.
 * After an unusually big review the pages beyond KEPT are given back.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "json.h"

/* cJSON allocates only nodes and strings; none needs a wider alignment. */
#define ALIGNMENT sizeof(void *)
/* The bytes that stay resident. A review of a pod of 10 KB needs about 60 KiB. */
#define KEPT ((size_t)256 << 10)

struct json_memory {
	size_t capacity, used, touched;
	char *data;
};

static _Thread_local struct json_memory *current;

static void *allocate(size_t size)
{
	struct json_memory *m = current;

	if (!m)
		return malloc(size);
	if (size > m->capacity - m->used)
		return NULL;

	void *block = m->data + m->used;
	size_t rounded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	size_t room = m->capacity - m->used;
	m->used += rounded < room ? rounded : room;
	return block;
}

/* A block from before the memory came into use is outside of it and goes to free(). */
static void release(void *block)
{
	struct json_memory *m = current;
	const char *at = block;

	if (m && at >= m->data && at < m->data + m->capacity)
		return;
	free(block);
}

static void install_hooks(void)
{
	cJSON_Hooks hooks = {.malloc_fn = allocate, .free_fn = release};

	cJSON_InitHooks(&hooks);
}

struct json_memory *json_memory_new(size_t bytes)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct json_memory *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	pthread_once(&once, install_hooks);
	void *data = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (data == MAP_FAILED) {
		free(m);
		return NULL;
	}
	m->data = data;
	m->capacity = bytes;
	return m;
}

void json_memory_free(struct json_memory *m)
{
	if (!m)
		return;
	if (current == m)
		current = NULL;
	munmap(m->data, m->capacity);
	free(m);
}

static void empty(struct json_memory *m)
{
	if (m->used > m->touched)
		m->touched = m->used;
	m->used = 0;
	if (m->touched <= KEPT)
		return;
	/* KEPT is a whole number of pages, and mmap() aligns to pages. */
	madvise(m->data + KEPT, m->capacity - KEPT, MADV_DONTNEED);
	m->touched = KEPT;
}

void json_memory_use(struct json_memory *m)
{
	if (current)
		empty(current);
	current = m;
	if (m)
		empty(m);
}
