/* SPDX-License-Identifier: Apache-2.0 */
/* routine_json.h - a routine as JSON. */
#ifndef DORMOUSE_STATE_ROUTINE_JSON_H
#define DORMOUSE_STATE_ROUTINE_JSON_H

#include "base/json_writer.h"
#include "dormouse/detect.h"

/* Writes a routine as one object. */
void routine_json(const struct routine_view *view, struct json_writer *w);

/* Writes its members but the number into an object that is open. */
void routine_json_members(const struct routine_view *view, struct json_writer *w);

#endif
