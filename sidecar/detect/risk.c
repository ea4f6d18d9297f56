/* SPDX-License-Identifier: Apache-2.0 */
/* risk.c - how much an incident matters, from 0 to 100. */
#include "risk.h"

#include <math.h>

#include "detector.h"

/* Risk starts at 30 at the threshold. Each doubling above it adds ten, up to 40. Each
 * further signal adds five, up to 15. Each quarter of an hour adds five, up to 15. */
double risk_of(const struct detector *d, const struct incident *i,
	       const struct exceedance *f)
{
	double lasted = d->deltas.time - i->onset;
	double risk = 30 + fmin(10 * log2(fmax(f->ratio, 1)), 40);

	risk += fmin(5.0 * (f->series_count > 0 ? f->series_count - 1 : 0), 15);
	/* After a clock was set back, the onset is in the future. */
	risk += fmin(5 * floor(fmax(lasted, 0) / 900), 15);
	return risk;
}
