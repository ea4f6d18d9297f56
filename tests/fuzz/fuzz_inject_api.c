/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_inject_api.c - any bytes as the API server's answers to a list and a watch, in
 * pieces as they may arrive: each is refused with a reason, or what was taken keeps to
 * its bounds.
 *
 * libcurl's transport is left out: see wire.h. Real answers are in
 * tests/unit/injector/test_kubernetes.c. The first byte chooses the status, the second
 * the length of a piece, the third the kind. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Its list() and watch(), without the threads.
 * NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "injector/kubernetes/reflector.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#include "wire.h"

#define PAGES_MAX 3 /* a list's answer may ask for one more for ever */

/* A client that all inputs share, with a token in a file that has no name. */
static struct kubernetes *client(struct reflectors *all, const atomic_bool *stop)
{
	static struct client_access access;
	static struct kubernetes *k;
	struct error err;

	if (k)
		return k;
	const int fd = memfd_create("token", 0);
	if (fd < 0 || write(fd, "token", 5) != 5)
		abort();
	snprintf(access.server, sizeof(access.server), "https://api");
	snprintf(access.token_file, sizeof(access.token_file), "/proc/self/fd/%d", fd);
	k = kubernetes_open(&access, stop, all->facts, &err);
	if (!k)
		abort();
	return k;
}

static void check(int result, const struct error *err)
{
	if (result < 0 && !err->text[0])
		abort();
}

static void try_both(struct reflector *r)
{
	struct error err = {""};
	long status;

	check(list(r, &status, &err), &err);
	if (namespaces_figures(r->all->namespaces).objects > wire.size)
		abort();
	wire.requests = 0;
	err.text[0] = '\0';
	check(watch(r, &status, &err), &err);
	if (strnlen(r->version, VERSION_SIZE) == VERSION_SIZE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = {200, 200, 200, 201, 410, 401, 500, 0};
	static struct cluster_facts facts;
	static struct reflectors all = {.facts = &facts};
	struct error err;

	if (size < 3)
		return 0;
	static struct reflector r;
	r = (struct reflector){.all = &all, .kind = data[2] % NAMESPACES_KINDS};
	r.api = client(&all, &r.worker.stop);
	all.namespaces = namespaces_new(&err);
	if (!all.namespaces)
		abort();
	wire.status = statuses[data[0] % 8];
	wire.piece = 1 + data[1] * 16u;
	wire.requests = 0;
	wire.most = PAGES_MAX;
	wire.data = data + 3;
	wire.size = size - 3;
	try_both(&r);
	namespaces_free(all.namespaces);
	return 0;
}
