/* SPDX-License-Identifier: Apache-2.0 */
/* risk.h - how much an incident matters. */
#ifndef DORMOUSE_DETECT_RISK_H
#define DORMOUSE_DETECT_RISK_H

#include "incident.h"

/* What raises or lowers the risk. risk.c has the points of each, and the reasons. */
enum risk_factor {
	RISK_PEERS,     /* more addresses and connections than ever */
	RISK_DATAGRAMS, /* share of bytes sent by UDP */
	RISK_OWN,       /* share of bytes sent on connections that the pod opened */
	RISK_LENGTH,    /* time since the onset, logarithmic up to four hours */
	RISK_SIZE,      /* value over the past's greatest */
	RISK_RATE,      /* the last minute's rate, above 32 KiB/s */
	RISK_HIDDEN,    /* share of bytes that no socket accounts for */
	RISK_FAILED,    /* share of connections that failed */
	RISK_FANOUT,    /* the kind is connection-fanout */
	RISK_RELAY,     /* the kind is proxy-relay */
	RISK_UNASKED,   /* more sent for each byte received than is usual */
	RISK_SPANS,     /* windows of the series above their thresholds */
	RISK_GROWS,     /* more than what was reported in the hours before */
	RISK_START,     /* an export that began in the pod's first minutes */
	RISK_HOUR,      /* this time of day was idle until now */
	RISK_DORMANT,   /* the pod was dormant */
	RISK_TRIFLE,    /* hardly more than the floor, which always passes */
	RISK_YOUTH,     /* the pod was observed for a short time */
	RISK_HISTORY,   /* past incidents */
	RISK_FACTORS
};

/* Computes how far each factor applies, 0 to 1. */
void risk_factors(const struct detector *d, const struct incident *i,
		  const struct exceedance *f, double applies[RISK_FACTORS]);

/* Returns the factor's name for tests/quality/calibrate.py. Static. */
const char *risk_factor_name(enum risk_factor factor);

/* Returns the incident's risk by what this sample shows, 0 to 100. */
double risk_of(const struct detector *d, const struct incident *i,
	       const struct exceedance *f);

#endif
