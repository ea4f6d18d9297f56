/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h - a thread that works in rounds, sleeps between them, and can be stopped. */
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
	atomic_bool stop; /* the thread checks it between and within rounds */
};

/* Starts the thread. `w` must be all zeroes. The thread blocks all signals. */
int worker_start(struct worker *w, const char *name, void *(*run)(void *context),
		 void *context, struct error *err);

/* worker_tell() tells the thread to stop. worker_join() waits for its end. Both do
 * nothing if it never started. */
void worker_tell(struct worker *w);
void worker_join(struct worker *w);

/* For the thread itself: sleeps until `when` on clock_monotonic(), or until it must
 * stop. */
void worker_sleep_until(struct worker *w, double when);

/* Returns the time, randomly up to a tenth more or less. So replicas that started
 * together do not send their requests at the same time. */
double worker_jittered(double seconds);

#endif
