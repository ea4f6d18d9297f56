/* SPDX-License-Identifier: Apache-2.0 */
/* A download is not egress: its acknowledgements are no news, and hide no theft. */
#include "../support/testing.h"
#include "detect_fixture.h"

/* Downloads 300 MB in a minute: acknowledges each second segment, sends a request. */
static void download(struct world *w, struct traffic also)
{
	struct traffic fetch = {.opened = 50, .received = 5 * MB, .sockets = 0.1};

	for (unsigned i = 0; i < 6; i++) {
		w->total[SIGNAL_TX_BYTES] += 50 * MB / 2800 * 66;
		w->total[SIGNAL_TX_PACKETS] += 50 * MB / 2800;
		w->total[SIGNAL_TCP_TX_PACKETS] += 50 * MB / 2800;
		live(w, 10, both(both(PROBED, fetch), also));
	}
}

static unsigned told(uint32_t columns, struct traffic also)
{
	struct world w;

	world_begin(&w, 10);
	w.columns = columns;
	world_watch(&w);
	live(&w, DAY, PROBED);
	download(&w, also);
	live(&w, MINUTE, PROBED);
	world_end(&w);
	return w.episodes;
}

CASE(a_download_is_not_told)
{
	assert_int_equal(told(ALL_COLUMNS, SILENCE), 0);
	assert_int_equal(told(TWO_COLUMNS, SILENCE), 0);
}

CASE(theft_during_a_download_is_told)
{
	assert_int_equal(told(ALL_COLUMNS, times(THEFT, 0.05)), 1);
	assert_int_equal(told(TWO_COLUMNS, times(THEFT, 0.5)), 1);
}

CASE(downloads_do_not_raise_the_envelope)
{
	struct world w;

	world_begin(&w, 10);
	w.columns = TWO_COLUMNS;
	world_watch(&w);
	for (unsigned hour = 0; hour < 24; hour++) {
		live(&w, HOUR - MINUTE, PROBED);
		download(&w, SILENCE);
	}
	assert_int_equal(w.episodes, 0);
	live(&w, MINUTE, both(PROBED, times(THEFT, 0.1)));
	assert_true(reported(&w) && w.told_after <= 30);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_download_is_not_told),
	    cmocka_unit_test(theft_during_a_download_is_told),
	    cmocka_unit_test(downloads_do_not_raise_the_envelope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
