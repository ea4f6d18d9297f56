/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h - reads a trace from CSV. */
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
	char point;          /* the decimal point: a comma if it is not the separator */
	enum time_form form; /* form of the first row's time; all others must match */
	uint64_t rows, broken;
};

/* Starts to read from the input. The caller owns the input, the notes and the map. */
void csv_begin(struct csv_reader *r, struct input *in, struct notes *notes);

/* As traces_sample(), in the order of the file. The error does not name the input. */
int csv_next(struct csv_reader *r, struct sample *sample, struct error *err);

#endif
