/* SPDX-License-Identifier: Apache-2.0 */
/* confine.c - the layers, one after the other. */
#include "confine.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "filter.h"
#include "landlock.h"

/* A sanitizer starts programs, traces its own process and reads its symbols, and a
 * program that counts what it covers writes files wherever it was built. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                   \
    defined(DORMOUSE_UNCONFINED)
#define BUILT_FOR_TESTS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||             \
    __has_feature(memory_sanitizer)
#define BUILT_FOR_TESTS 1
#endif
#endif
#ifndef BUILT_FOR_TESTS
#define BUILT_FOR_TESTS 0
#endif

static const char *const names[] = {
    [CONFINE_NO_NEW_PRIVS] = "no_new_privs",
    [CONFINE_LANDLOCK] = "landlock",
    [CONFINE_SECCOMP] = "seccomp",
};

void confine_leave_path(struct confine_plan *plan, const char *path, bool writable)
{
	if (path[0] && plan->path_count < CONFINE_PATHS_MAX)
		plan->paths[plan->path_count++] = (struct confine_path){path, writable};
}

void confine_leave_port(struct confine_plan *plan, uint16_t port, bool connects)
{
	if (plan->port_count < CONFINE_PORTS_MAX)
		plan->ports[plan->port_count++] = (struct confine_port){port, connects};
}

void confine_leave_address(struct confine_plan *plan,
			   const struct listen_address *where, bool connects)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&where->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&where->address;

	confine_leave_port(
	    plan,
	    ntohs(where->address.ss_family == AF_INET6 ? in6->sin6_port : in->sin_port),
	    connects);
}

/* seccomp and Landlock both ask for it, of a process without privileges (prctl(2)). */
static int give_up_privileges(const struct confine_plan *plan, struct error *err)
{
	(void)plan;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
		   ? fail_errno(err, errno, "prctl")
		   : 0;
}

static int leave_files_and_ports(const struct confine_plan *plan, struct error *err)
{
	return landlock_restrict(plan, LANDLOCK_NEWEST, err);
}

static int filter_calls(const struct confine_plan *plan, struct error *err)
{
	struct sock_filter filter[FILTER_MAX];
	const struct sock_fprog program = {
	    .len = (unsigned short)filter_build(filter, plan->abilities),
	    .filter = filter,
	};

	if (program.len == 0)
		return fail(err, "there is none for this architecture");
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0
		   ? fail_errno(err, errno, "the filter")
		   : 0;
}

/* The filter is the last: it forbids what makes the others. */
static int (*const layers[])(const struct confine_plan *plan, struct error *err) = {
    [CONFINE_NO_NEW_PRIVS] = give_up_privileges,
    [CONFINE_LANDLOCK] = leave_files_and_ports,
    [CONFINE_SECCOMP] = filter_calls,
};

static int set_layer(int layer, const struct confine_plan *plan, struct error *err)
{
	if (BUILT_FOR_TESTS && layer != CONFINE_NO_NEW_PRIVS)
		return fail(err, "built with a sanitizer or for coverage");
	return layers[layer](plan, err);
}

void confine(const struct confine_plan *plan, bool warns, struct confinement *c)
{
	struct error why;

	for (int i = 0; i < CONFINE_LAYERS; i++) {
		c->holds[i] = set_layer(i, plan, &why) == 0;
		if (!c->holds[i] && warns)
			log_event(LOG_LEVEL_WARNING, "not-confined",
				  "going on without %s: %s", names[i], why.text);
	}
}

bool confinement_holds(const struct confinement *c)
{
	bool holds = true;

	for (int i = 0; i < CONFINE_LAYERS; i++)
		holds = holds && c->holds[i];
	return holds;
}

void confinement_say(const struct confinement *c, struct text *t)
{
	bool any = false;

	for (int i = 0; i < CONFINE_LAYERS; i++) {
		if (!c->holds[i])
			continue;
		text_put(t, any ? ", " : "confined by ");
		text_put(t, names[i]);
		any = true;
	}
	if (!any)
		text_put(t, "not confined");
}
