/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_names.h - the members of a baseline document; private to this room. */
#ifndef DORMOUSE_STATE_BASELINE_NAMES_H
#define DORMOUSE_STATE_BASELINE_NAMES_H

#include <cJSON.h>
#include <stdbool.h>

#define BASELINE_WINDOWS    "windows"
#define BASELINE_SHARES     "shares"
#define BASELINE_SETTINGS   "learntWith"
#define BASELINE_SIGNALS    "signals"
#define BASELINE_DEPARTURES "departures"
#define BASELINE_PEERS      "peers"

/* Indexed by the enum, ended by NULL. */
extern const char *const baseline_profiles[];
extern const char *const baseline_sensitivities[];

/* Whether the document has a member that this version does not know, at any depth. */
bool baseline_has_unknown(const cJSON *document);

/* Copies each member that this version does not know, and that `document` lacks.
 * Returns false without memory. */
bool baseline_keep_unknown(cJSON *document, const cJSON *from);

#endif
