/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - a thread that works in rounds. */
#include "worker.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

int worker_start(struct worker *w, const char *name, void *(*run)(void *context),
		 void *context, struct error *err)
{
	pthread_condattr_t attributes;
	sigset_t all, before;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, &attributes);
	pthread_condattr_destroy(&attributes);

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const int code = pthread_create(&w->thread, NULL, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->started = code == 0;
	return code ? fail_errno(err, code, "start %s", name) : 0;
}

void worker_tell(struct worker *w)
{
	if (!w->started)
		return;
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->stop, true);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void worker_join(struct worker *w)
{
	if (!w->started)
		return;
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	w->started = false;
}

void worker_sleep_until(struct worker *w, double when)
{
	struct timespec until = {.tv_sec = (time_t)when};

	until.tv_nsec = (long)((when - (double)until.tv_sec) * 1e9);
	pthread_mutex_lock(&w->lock);
	while (!atomic_load(&w->stop) &&
	       pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0)
		;
	pthread_mutex_unlock(&w->lock);
}

double worker_jittered(double seconds)
{
	uint16_t random = 0;

	gnutls_rnd(GNUTLS_RND_NONCE, &random, sizeof(random));
	return seconds * (0.9 + 0.2 * random / 65535.0);
}
