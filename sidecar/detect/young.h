/* SPDX-License-Identifier: Apache-2.0 */
/* young.h - what is judged of a pod that has hardly a past. */
#ifndef DORMOUSE_DETECT_YOUNG_H
#define DORMOUSE_DETECT_YOUNG_H

#include "envelope.h"

/* Whether the pod was observed for less than learn_s, and no past of its siblings was
 * adopted. */
bool young_pod(const struct envelope *e, const struct learnt *l,
	       const struct detect_options *options);

/* Whether too little is known of a series: the pod was observed for less than learn_s,
 * and its siblings' were. */
bool young_series(const struct envelope *e, const struct learnt *l,
		  const struct detect_options *options, unsigned s);

/* Whether the pod is in its first minutes: too young to be judged by a past, and not
 * quiet. */
bool young_starts(const struct envelope *e, const struct learnt *l,
		  const struct windows *w, const struct detect_options *options,
		  double now);

/* Returns after how many seconds of low traffic a young pod is quiet. */
double young_quiet_after(const struct windows *w, const struct detect_options *options);

/* Whether a quiet time of the pod ended lately. */
bool young_woke(const struct learnt *l, const struct detect_options *options,
		double now);

/* Whether a window of a young pod's series can be judged. In its first minutes that is
 * only what no ordinary start has; then a quiet pod's; after a past of a fifteenth of
 * learn_s any pod's, but not a burst of seconds. */
bool young_judged(const struct envelope *e, const struct learnt *l,
		  const struct windows *w, const struct detect_options *options,
		  double now, unsigned k, unsigned s);

/* Whether the pod is judged by its net export: it is in its first minutes, and its work
 * has begun. */
bool young_exports(const struct envelope *e, const struct learnt *l,
		   const struct windows *w, const struct detect_options *options,
		   double now);

/* Whether a minute that ended at `then` is part of the pod's start and not of what is
 * judged at `now`: the three minutes between (a twentieth of learn_s) are long enough
 * for a net export to show. */
bool young_is_start(const struct detect_options *options, double now, double then);

/* Returns the net export, in bytes, that a young pod may have in a window: bytes on
 * connections that it opened, less what it received. */
double young_export_most(const struct learnt *l, const struct windows *w,
			 const struct detect_options *options, double now, unsigned k);

#endif
