/* SPDX-License-Identifier: Apache-2.0 */
/* detect_options.c - how a pod is to be judged. */
#include "detect_options.h"

#include <string.h>

void detect_options_default(struct detect_options *options)
{
	memset(options, 0, sizeof(*options));
	options->learn_s = 3600;
	options->dormant_after_s = 900;
	options->profile = PROFILE_AUTO;
	options->sensitivity = SENSITIVITY_NORMAL;
}
