/* SPDX-License-Identifier: Apache-2.0 */
/* confine.h - a program takes away its own rights, so that whoever takes it over by
 * what it reads has little to gain.
 *
 * Three layers, each of which holds on its own: no_new_privs (no program that it starts
 * gets more rights), Landlock (which folders and TCP ports), seccomp (which system
 * calls; calls.c). They hold for the calling thread and for the threads that it starts
 * afterwards, until the process ends.
 */
#ifndef DORMOUSE_CONFINE_CONFINE_H
#define DORMOUSE_CONFINE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "config/listen_address.h"

/* What a program does after its start. Every program may also allocate memory, read
 * files, and read and write what it has open. */
enum confine_ability {
	CONFINE_SAMPLES = 1 << 0, /* reads the kernel's counters: netlink */
	CONFINE_SERVES = 1 << 1,  /* listens and answers */
	CONFINE_SAVES = 1 << 2,   /* creates and replaces files */
	CONFINE_ASKS = 1 << 3,    /* connects to a server by TCP */
	CONFINE_THREADS = 1 << 4, /* starts threads that wait for each other */
	CONFINE_RESOLVES = 1 << 5 /* asks a name server */
};

#define CONFINE_PATHS_MAX 12
#define CONFINE_PORTS_MAX 8

/* What is left to the program. Set `abilities`, and add the rest by the functions. */
struct confine_plan {
	unsigned abilities; /* of enum confine_ability */
	struct confine_path {
		const char *path;
		bool writable;
	} paths[CONFINE_PATHS_MAX];
	struct confine_port {
		uint16_t port; /* host order; 0: any free port */
		bool connects; /* else it is bound */
	} ports[CONFINE_PORTS_MAX];
	size_t path_count, port_count;
};

/* Leaves the folder at `path` and all below it. If `path` is not a folder, it is the
 * file there, now also where a symbolic link leads, and the nearest folder above: so a
 * file that does not exist yet, and one that is replaced, is left too. Only for
 * reading, or also for making, writing, renaming and removing files. The path, which
 * must stay valid until confine(), may be empty; then nothing is added. More than
 * CONFINE_PATHS_MAX are left out. */
void confine_leave_path(struct confine_plan *plan, const char *path, bool writable);

/* Leaves a TCP port, in host order: of any host to be connected to, or of this one to
 * be bound; 0 is any free port. More than CONFINE_PORTS_MAX are left out. */
void confine_leave_port(struct confine_plan *plan, uint16_t port, bool connects);

/* Leaves the address's TCP port to be bound, or to be connected to. */
void confine_leave_address(struct confine_plan *plan,
			   const struct listen_address *where, bool connects);

enum confine_layer {
	CONFINE_NO_NEW_PRIVS,
	CONFINE_LANDLOCK,
	CONFINE_SECCOMP,
	CONFINE_LAYERS
};

/* Which layers hold. */
struct confinement {
	bool holds[CONFINE_LAYERS];
};

/* Confines the calling thread to the plan. A layer that the kernel or the container's
 * runtime refuses is left out: the program is better off with the others than not
 * running. `warns`: that is logged, with the reason. Call it before other threads
 * start. */
void confine(const struct confine_plan *plan, bool warns, struct confinement *c);

/* Whether every layer holds. */
bool confinement_holds(const struct confinement *c);

/* Appends "confined by no_new_privs, landlock, seccomp", the layers that hold, or "not
 * confined". */
void confinement_say(const struct confinement *c, struct text *t);

#endif
