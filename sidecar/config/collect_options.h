/* SPDX-License-Identifier: Apache-2.0 */
/* collect_options.h - which interfaces are watched, and how much is kept. */
#ifndef DORMOUSE_CONFIG_COLLECT_OPTIONS_H
#define DORMOUSE_CONFIG_COLLECT_OPTIONS_H

struct allow_rules;

#define COLLECT_INTERFACE_GLOBS_MAX 256 /* bytes of the --interfaces list */

struct collect_options {
	char interfaces[COLLECT_INTERFACE_GLOBS_MAX]; /* comma-separated globs, "!"
						       * excludes; empty: all but lo */
	unsigned max_sockets;                         /* 16 to 65536 */
	unsigned max_destinations;                    /* 16 to 65536 */
	const struct allow_rules *allow; /* where the pod may send; NULL: anywhere.
					  * Outlives the collector */
};

#endif
