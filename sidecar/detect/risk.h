/* SPDX-License-Identifier: Apache-2.0 */
/* risk.h - how much an incident matters. */
#ifndef DORMOUSE_DETECT_RISK_H
#define DORMOUSE_DETECT_RISK_H

#include "incident.h"

/* Returns the incident's risk by what this sample shows, 0 or more; a verdict's risk
 * ends at 100. */
double risk_of(const struct detector *d, const struct incident *i,
	       const struct exceedance *f);

#endif
