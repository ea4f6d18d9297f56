/* SPDX-License-Identifier: Apache-2.0 */
/* figures.h - numbers as people read them, in tables. */
#ifndef DORMOUSE_FIGURES_H
#define DORMOUSE_FIGURES_H

#define FIGURE_MAX 32

/* "1.20 MB/s", "36.0/s", "3": three digits, powers of a thousand; "-" for what is no
 * finite number. The unit is a signal's ("bytes", "packets"), with "/s" behind it where
 * the value is a rate; only bytes are printed. Both return `cell`. */
const char *figure_quantity(char cell[FIGURE_MAX], double value, const char *unit);

/* "3d 2h", "5m", "0.3s": the two greatest units that there are of it; never negative.
 */
const char *figure_duration(char cell[FIGURE_MAX], double seconds);

#endif
