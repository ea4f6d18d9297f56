/* SPDX-License-Identifier: Apache-2.0 */
/* past_names.c - the names of the series and windows of a past. */
#include "dormouse/past.h"
#include "series.h"

const double past_shares[PAST_QUANTILES] = {0.5, 0.9, 0.99, 0.999, 1};

const char *past_series_name(unsigned series)
{
	if (series < SIGNAL_COUNT)
		return signal_name((enum signal)series);
	return series == SERIES_RELAYED ? "relayed_bytes" : "unsolicited_ratio";
}

const char *past_window_name(unsigned window)
{
	static const char *const names[WINDOWS] = {
	    [WINDOW_10S] = "10s",
	    [WINDOW_1M] = "1m",
	    [WINDOW_10M] = "10m",
	    [WINDOW_1H] = "1h",
	    [WINDOW_6H] = "6h",
	    [MINIMUM_SHORT] = "steady-1m",
	    [MINIMUM_LONG] = "steady-10m",
	};

	return names[window];
}
