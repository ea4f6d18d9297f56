/* SPDX-License-Identifier: Apache-2.0 */
/* json_number.h - which numbers a double stores exactly. */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_NUMBER_H
#define DORMOUSE_INJECTOR_JSON_JSON_NUMBER_H

#include <stdbool.h>

/* Whether cJSON's double equals the number from `first` to `end`, when written with as
 * many digits. */
bool json_number_is_exact(const char *first, const char *end);

#endif
