/* SPDX-License-Identifier: Apache-2.0 */
/* Which metrics format a client gets, by its Accept header. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "http/accept.h"

CASE(the_client_chooses_the_format)
{
	static const struct {
		const char *accept;
		bool openmetrics;
	} cases[] = {
	    {"", false},
	    {"*/*", false},
	    {"application/json", false},
	    {"application/openmetrics-text", true},
	    {"APPLICATION/OpenMetrics-Text; Version=\"1.0.0\" ; Q=0.5", true},
	    {"application/openmetrics-text;version=1.0.0;q=0", false},
	    {"application/openmetrics-text;version=2.0.0", false},
	    {"application/openmetrics-text;q=0.5,text/plain;q=0.6", false},
	    {"application/openmetrics-text;q=0.6,text/plain;q=0.5", true},
	    {"application/openmetrics-text;q=0.6,*/*;q=0.7", false},
	    {"text/plain;q=0.1,*/*;q=0.9,application/openmetrics-text;q=0.5", true},
	    {"application/openmetrics-text;q=0.5001", false}, /* three digits */
	    {"application/openmetrics-text;q=1.1", false},
	    {"application/openmetrics-text;q=x,text/plain", false},
	    {"text/plain;a=\"x,application/openmetrics-text\"", false},
	    {"text/plain;a=\"unterminated,application/openmetrics-text", false},
	    {",;,=;q,application/openmetrics-text", true},
	    /* Prometheus 2.42 */
	    {"application/openmetrics-text;version=1.0.0,"
	     "application/openmetrics-text;version=0.0.1;q=0.75,"
	     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	     true},
	    /* Prometheus 3 */
	    {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
	     "application/openmetrics-text;version=0.0.1;q=0.5,"
	     "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
	     "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
	     true},
	    /* Firefox */
	    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct accept a = ACCEPT_NOTHING;

		accept_read(&a, cases[i].accept);
		if (accept_prefers_openmetrics(&a) != cases[i].openmetrics)
			fail_msg("Accept: %s", cases[i].accept);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_client_chooses_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
