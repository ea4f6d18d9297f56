/* SPDX-License-Identifier: Apache-2.0 */
/* json_number.h - which numbers a double stores exactly. */
#ifndef DORMOUSE_INJECTOR_JSON_JSON_NUMBER_H
#define DORMOUSE_INJECTOR_JSON_JSON_NUMBER_H

#include <stdbool.h>

/* Whether cJSON's double, written with as many digits, equals the number from `first`
 * to `end`. */
bool json_number_is_exact(const char *first, const char *end);

#endif
