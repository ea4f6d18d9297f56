/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_members.h - the members of a baseline document that are numbers, times and
 * names: one row each, for writing and for reading. Private to this room. */
#ifndef DORMOUSE_STATE_BASELINE_MEMBERS_H
#define DORMOUSE_STATE_BASELINE_MEMBERS_H

#include <cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json_writer.h"

enum member_type {
	MEMBER_NAME,    /* char[], not written when it is empty */
	MEMBER_TIME,    /* double, Unix seconds; 0 is null */
	MEMBER_COUNT,   /* unsigned */
	MEMBER_WHOLE,   /* double, rounded */
	MEMBER_NUMBER,  /* double of four digits */
	MEMBER_NUMBERS, /* double[], not written when all are 0 */
};

struct member {
	const char *name;
	uint8_t type; /* enum member_type */
	uint16_t offset, size;
	double most;
};

struct members {
	const struct member *rows;
	size_t count;
};

#define MEMBER(target, type, name, member, most)                                       \
	{                                                                              \
		name, MEMBER_##type, offsetof(target, member),                         \
		    sizeof(((target *)0)->member), most                                \
	}

/* No time, amount or rate is greater. */
#define SECONDS_MAX 1e12
#define AMOUNT_MAX  1e18

extern const struct members baseline_head, baseline_settings, baseline_series,
    baseline_departure, baseline_peer;

/* Four digits: the detector's own precision is a part in a thousand, and a short number
 * is easier to compare. A number that was read back gives the same. */
double baseline_rounded(double value);

/* Writes an array, unless it is all zeros. */
void baseline_put_numbers(struct json_writer *w, const char *name, const double *values,
			  unsigned count);

/* Writes the members of an object into one that is open. */
void baseline_put_members(const struct members *members, const void *object,
			  struct json_writer *w);

/* Reads and checks the members of `json`; what is missing stays as it is. `of` is the
 * signal or the array that an error names, or "". Returns 0, or -1 with the reason. */
int baseline_take_members(const struct members *members, const cJSON *json,
			  const char *of, void *object, struct error *err);

int baseline_take_numbers(const cJSON *json, const char *of, const char *name,
			  unsigned count, double *values, struct error *err);

/* Fails with "of: name: expected ...". Returns -1. */
int baseline_refuse(struct error *err, const char *of, const char *name,
		    const char *wanted);

#endif
