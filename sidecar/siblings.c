/* SPDX-License-Identifier: Apache-2.0 */
/* siblings.c - the past of the workload's other pods. */
#include "siblings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sanitize.h"
#include "base/units.h"
#include "dormouse/past.h"
#include "state/baseline_document.h"

/* The kubelet brings a changed ConfigMap within a minute or two. */
#define LOOK_EVERY_S 60.0

static struct siblings_version version_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct siblings_version){.exists = false};
	return (struct siblings_version){.exists = true,
					 .device = st.st_dev,
					 .inode = st.st_ino,
					 .bytes = st.st_size,
					 .changed = st.st_mtim};
}

static bool is_same(const struct siblings_version *a, const struct siblings_version *b)
{
	return a->exists == b->exists && a->device == b->device &&
	       a->inode == b->inode && a->bytes == b->bytes &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static void say_adopted(const struct siblings *s, const struct baseline_document *b)
{
	char watched[FORMAT_MAX], workload[BASELINE_NAME_MAX];

	if (b->past.watched_s > 0)
		log_event(
		    LOG_LEVEL_INFO, "baseline-adopted",
		    "%s: %u pods of %s, watched for %s in all: this pod is judged "
		    "by their past, too",
		    s->path, b->past.pods,
		    b->workload[0] ? sanitize(workload, sizeof(workload), b->workload)
				   : "an unknown workload",
		    format_duration(watched, b->past.watched_s));
	else
		log_event(LOG_LEVEL_WARNING, "baseline-unusable",
			  "%s says of no time that was watched; learning from nothing",
			  s->path);
}

static void take(struct siblings *s, struct baseline_document *b)
{
	struct error err;

	if (baseline_document_load(b, s->path, BASELINE_BYTES_MAX, &err) < 0) {
		log_event(LOG_LEVEL_WARNING, "baseline-unusable", "%s; %s", err.text,
			  detector_adopted(s->detector) ? "going on with the one before"
							: "learning from nothing");
		return;
	}
	detector_adopt(s->detector, &b->past);
	say_adopted(s, b);
	baseline_document_end(b);
}

void siblings_load(struct siblings *s)
{
	if (!s->path[0])
		return;
	s->due_at = clock_monotonic() + LOOK_EVERY_S;
	s->version = version_of(s->path);
	if (!s->version.exists) {
		log_event(LOG_LEVEL_INFO, "baseline-absent", "%s does not exist; %s",
			  s->path,
			  detector_adopted(s->detector) ? "going on with the one before"
							: "learning from nothing");
		return;
	}
	struct baseline_document *b = malloc(sizeof(*b));
	if (b)
		take(s, b);
	else
		log_event(LOG_LEVEL_WARNING, "baseline-unusable",
			  "%s: not enough memory", s->path);
	free(b);
}

void siblings_tick(struct siblings *s)
{
	if (!s->path[0] || clock_monotonic() < s->due_at)
		return;
	const struct siblings_version now = version_of(s->path);
	s->due_at += LOOK_EVERY_S;
	if (!is_same(&now, &s->version))
		siblings_load(s);
}
