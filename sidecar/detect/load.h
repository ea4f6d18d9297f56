/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - what a pod sends because more is asked of it, on its first day. */
#ifndef DORMOUSE_DETECT_LOAD_H
#define DORMOUSE_DETECT_LOAD_H

struct detector;

/* Allows a pod on its first day more load, because its first morning may come, or the
 * share of a canary grow. Returns the factor on the threshold of a window and series, 1
 * to SERVICE_GROWTH_MAX. */
double load_growth(const struct detector *d, unsigned window, unsigned series);

#endif
