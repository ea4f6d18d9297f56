/* SPDX-License-Identifier: Apache-2.0 */
/* features.c - prints what the risk of incidents is computed from, for calibrate.py.
 *
 *     features [--sensitivity-high] TRACE
 *
 * A line of CSV for each sample that computes a risk, if the incident is a quarter
 * older than at the line before: the time, the incident's onset, when it was reported,
 * its kind, how far each factor of risk.c applies, the risk. The linker puts a function
 * of this file in the place of risk_of() (--wrap), so the program has nothing to print
 * it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detect/detector.h"
#include "detect/risk.h"
#include "dormouse/replay.h"

#define OLDER 1.25

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names. */
double __real_risk_of(const struct detector *d, const struct incident *i,
		      const struct exceedance *f);
double __wrap_risk_of(const struct detector *d, const struct incident *i,
		      const struct exceedance *f);

double __wrap_risk_of(const struct detector *d, const struct incident *i,
		      const struct exceedance *f)
{
	static double onset, next_age; /* of the last line */
	double age = d->deltas.time - i->onset, applies[RISK_FACTORS];
	double risk = __real_risk_of(d, i, f);

	if (i->recurs || (i->onset == onset && age < next_age))
		return risk;
	onset = i->onset;
	next_age = age * OLDER;
	risk_factors(d, i, f, applies);
	printf("%.0f,%.3f,%.0f,%s", d->deltas.time, i->onset, i->reported_at,
	       alert_kind_name(i->kind));
	for (unsigned n = 0; n < RISK_FACTORS; n++)
		printf(",%.4f", applies[n]);
	printf(",%.1f\n", risk);
	return risk;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void ignore_line(void *context, const char *line)
{
	(void)context;
	(void)line;
}

static void ignore_alert(void *context, enum alert_event event,
			 const struct alert *alert)
{
	(void)context;
	(void)event;
	(void)alert;
}

static void print_head(void)
{
	printf("time,onset,reported,kind");
	for (unsigned n = 0; n < RISK_FACTORS; n++)
		printf(",%s", risk_factor_name(n));
	printf(",risk\n");
}

int main(int argc, char **argv)
{
	struct identity pod = {.name = "", .namespace = "", .uid = ""};
	struct detect_options options;
	struct sample sample;
	struct error err;
	int status;

	detect_options_default(&options);
	if (argc == 3 && strcmp(argv[1], "--sensitivity-high") == 0)
		options.sensitivity = SENSITIVITY_HIGH;
	else if (argc != 2)
		return EXIT_FAILURE;
	int fd = open(argv[argc - 1], O_RDONLY | O_CLOEXEC);
	struct replayer *p = replayer_open(&options, &pod, ignore_alert, NULL);
	struct traces *t =
	    traces_open(fd, argv[argc - 1], ignore_line, NULL, &status, &err);
	if (!p || !t || traces_next(t, &pod) != TRACE_SAMPLE)
		return EXIT_FAILURE;
	print_head();
	while ((status = traces_sample(t, &sample, &err)) == TRACE_SAMPLE)
		replayer_feed(p, &sample);
	replayer_finish(p);
	traces_close(t);
	replayer_close(p);
	close(fd);
	return status == TRACE_END ? EXIT_SUCCESS : EXIT_FAILURE;
}
