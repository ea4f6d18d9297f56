/* SPDX-License-Identifier: Apache-2.0 */
/* kind.h - decides which kind of departure an exceedance shows. */
#ifndef DORMOUSE_DETECT_KIND_H
#define DORMOUSE_DETECT_KIND_H

#include "incident.h"

/* Returns the kind that the incident has by what this sample shows. */
enum alert_kind kind_of(const struct detector *d, const struct incident *i,
			const struct exceedance *f);

#endif
