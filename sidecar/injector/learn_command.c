/* SPDX-License-Identifier: Apache-2.0 */
/* learn_command.c - `dormouse-injector learn`: Prometheus' history as baselines. */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "confine_injector.h"
#include "injector/config/injector_options.h"
#include "injector/kubernetes/kubernetes.h"
#include "injector/learn/labelled_namespaces.h"
#include "injector/learn/report.h"
#include "injector_commands.h"

#define DAY_S 86400.0

/* A block of this size or more goes back to the kernel when it is freed: else the
 * points of the largest pod would stay. */
#define LARGE_BLOCK (64 * 1024)

static void complain(const char *line)
{
	fprintf(stderr, "dormouse-injector: %s\n", line);
}

/* The last days, in whole steps: so that Prometheus' caches help. */
static struct span span_of(const struct injector_options *o)
{
	const double until = floor(clock_wall() / o->step_s) * o->step_s;

	return (struct span){until - floor(o->days * DAY_S / o->step_s) * o->step_s,
			     until};
}

static void tell_row(void *context, const struct workload *w,
		     enum config_map_change change, const char *old)
{
	(void)context;
	report_row(w, change, old);
}

/* Without an API server, what would change is not known. */
static int look_alone(const struct learning *l, const struct error *why)
{
	complain(why->text);
	report_head();
	for (size_t i = 0; i < l->count; i++)
		if (l->at[i].document)
			report_row_alone(&l->at[i]);
	return 0;
}

static int write_or_look(const struct learning *l, const struct injector_options *o,
			 struct error *err)
{
	const struct config_map_writer writer = {
	    .options = o, .writes = o->apply, .tell = tell_row};
	struct client_access access;

	if (!o->apply && kubernetes_find(o, &access, err) < 0)
		return look_alone(l, err);
	report_head();
	return config_maps_write(l, &writer, err);
}

static int use(const struct learning *l, const struct injector_options *o,
	       struct error *err)
{
	report_unlearnt(l);
	if (o->evaluate && o->json)
		return report_evaluations_json(l, o->seed, err);
	if (o->evaluate) {
		report_evaluations(l);
		return 0;
	}
	if (config_maps_fit(l, err) < 0)
		return -1;
	return o->apply || o->dry_run ? write_or_look(l, o, err)
				      : config_maps_print(l, err);
}

/* What is written is for pods with sidecars. Without an API server, of all that
 * Prometheus has. */
static int find_namespaces(const struct injector_options *o, char **found,
			   struct error *err)
{
	struct client_access access;

	*found = NULL;
	if (o->namespaces[0] || !(o->apply || o->dry_run))
		return 0;
	if (!o->apply && kubernetes_find(o, &access, err) < 0)
		return 0;
	*found = labelled_namespaces(o, err);
	return *found ? 0 : -1;
}

/* Opens the baselines that are in the cluster, if they are written or would change. Who
 * prints asks no API server, and an evaluation asks how well a workload is watched on
 * days that it does not know. */
static int open_known(const struct injector_options *o, struct known_baselines **known,
		      struct error *err)
{
	struct client_access access;

	*known = NULL;
	if (!o->apply && !o->dry_run)
		return 0;
	if (!o->apply && kubernetes_find(o, &access, err) < 0)
		return 0;
	*known = known_baselines_open(o, err);
	return *known ? 0 : -1;
}

static int learn_and_use(const struct injector_options *o, const char *namespaces,
			 struct error *err)
{
	struct learning_source source = {
	    .options = o, .namespaces = namespaces, .span = span_of(o)};
	struct learning l = {.count = 0};

	if (open_known(o, &source.known, err) < 0)
		return -1;
	int result = learning_run(&l, &source, err);
	known_baselines_close(source.known);
	if (result == 0)
		result = use(&l, o, err);
	learning_free(&l);
	return result;
}

static int learn(const struct injector_options *o, struct error *err)
{
	char *namespaces;

	if (find_namespaces(o, &namespaces, err) < 0)
		return -1;
	const int result =
	    learn_and_use(o, namespaces ? namespaces : o->namespaces, err);
	free(namespaces);
	return result;
}

int injector_learn_main(int argc, char **argv)
{
	static struct injector_options options;
	struct confinement ignored; /* as good as the kernel can */
	struct error err;
	int result = injector_options_parse(&options, INJECTOR_LEARN, argc, argv,
					    complain, &err);

	if (result > 0) {
		injector_options_help(INJECTOR_LEARN, stdout);
		return 0;
	}
	if (result < 0) {
		complain(err.text);
		return 2;
	}
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	confine_learning(&options, &ignored);
	if (learn(&options, &err) < 0) {
		complain(err.text);
		return 1;
	}
	return 0;
}
