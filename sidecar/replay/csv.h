/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h - a trace as CSV. */
#ifndef DORMOUSE_REPLAY_CSV_H
#define DORMOUSE_REPLAY_CSV_H

#include "csv_header.h"
#include "dormouse/replay.h"
#include "input.h"
#include "notes.h"
#include "timestamps.h"

struct csv_reader {
	struct input *in;
	struct notes *notes;
	const struct column_map *map; /* NULL: every column has its usual name */
	bool has_header;
	struct csv_header header;
	char point;          /* before decimals: a comma where none separates */
	enum time_form form; /* of the first row's time, and so of all */
	uint64_t rows, broken;
};

/* Reads from the input, which is the caller's, as are the notes and the map. */
void csv_begin(struct csv_reader *r, struct input *in, struct notes *notes);

/* As traces_sample(), row by row as they stand; the error does not name the input. */
int csv_next(struct csv_reader *r, struct sample *sample, struct error *err);

#endif
