/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h - a thread that works in rounds and sleeps between them until it is told to
 * stop. */
#ifndef DORMOUSE_INJECTOR_KUBERNETES_WORKER_H
#define DORMOUSE_INJECTOR_KUBERNETES_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

struct worker {
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	atomic_bool stop; /* to be looked at between and within rounds */
};

/* Starts it in a struct of zeroes. It takes no signals. */
int worker_start(struct worker *w, const char *name, void *(*run)(void *context),
		 void *context, struct error *err);

/* Tells it to stop, and waits until it has. One that never started is none. */
void worker_tell(struct worker *w);
void worker_join(struct worker *w);

/* In the thread: sleeps until then on clock_monotonic(), or until it is to stop. */
void worker_sleep_until(struct worker *w, double when);

/* The time, a tenth more or less: replicas that started together are not to stay in
 * step. */
double worker_jittered(double seconds);

#endif
