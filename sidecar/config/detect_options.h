/* SPDX-License-Identifier: Apache-2.0 */
/* detect_options.h - the options of detection. */
#ifndef DORMOUSE_CONFIG_DETECT_OPTIONS_H
#define DORMOUSE_CONFIG_DETECT_OPTIONS_H

#include <stdint.h>

#define EXPECT_WINDOWS_MAX 8

enum profile { PROFILE_AUTO, PROFILE_DORMANT, PROFILE_BUSY };
enum sensitivity { SENSITIVITY_LOW, SENSITIVITY_NORMAL, SENSITIVITY_HIGH };

/* A window of the day, seconds after midnight UTC; begin > end spans midnight. */
struct expect_window {
	uint32_t begin_s, end_s;
};

struct detect_options {
	double learn_s;         /* before that only absolute limits apply */
	double dormant_after_s; /* low traffic for that long makes it dormant */
	double egress_budget;   /* bytes a second, 0: none */
	enum profile profile;
	enum sensitivity sensitivity;
	struct expect_window expect[EXPECT_WINDOWS_MAX];
	unsigned expect_count;
};

/* The defaults of the command line. */
void detect_options_default(struct detect_options *options);

#endif
