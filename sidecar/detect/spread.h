/* SPDX-License-Identifier: Apache-2.0 */
/* spread.h - by how much the last incidents differ in size. A pod whose work comes
 * when somebody asks for it has work of any size: the next may well exceed the largest
 * so far, and says little. */
#ifndef DORMOUSE_DETECT_SPREAD_H
#define DORMOUSE_DETECT_SPREAD_H

#include "incident.h"
#include "learnt.h"

/* The size of the next incident is expected within this ratio of the known ones,
 * however much these differ. */
#define SPREAD_MOST 4.0

/* Stores the size of an incident that ends: the bytes of its greatest minute. */
void spread_add(struct learnt *l, const struct incident *i);

/* Returns the ratio, 1 to SPREAD_MOST, by which an incident may exceed the known ones:
 * two standard deviations of the logarithms of their sizes. 1 while there are fewer
 * than three, and while the three largest came in the order of their size: a rise is
 * no spread. */
double spread_ratio(const struct learnt *l);

#endif
