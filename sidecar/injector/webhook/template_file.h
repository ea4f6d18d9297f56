/* SPDX-License-Identifier: Apache-2.0 */
/* template_file.h - the current template, reloaded when its file changes. */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_TEMPLATE_FILE_H
#define DORMOUSE_INJECTOR_WEBHOOK_TEMPLATE_FILE_H

#include "injector/review/template.h"
#include "injector/tls/text_file.h"

/* Seconds between checks. A changed ConfigMap reaches its mount within a minute. */
#define TEMPLATE_LOOK_EVERY_S 10.0

struct template_file {
	const char *path; /* "": the built-in template, which never changes */
	struct sidecar_template *template;
	struct file_mark seen; /* of the last file that was read or tried */
	double looked_at;      /* monotonic seconds */
};

/* The result of a check. */
enum template_look { TEMPLATE_SAME, TEMPLATE_TAKEN, TEMPLATE_BROKEN };

/* Reads the template. Returns -1 if it is missing or broken. `path` outlives `f`. */
int template_file_open(struct template_file *f, const char *path, struct error *err);
void template_file_close(struct template_file *f);

/* Checks the file if TEMPLATE_LOOK_EVERY_S have passed, and reads it if it changed.
 * `now` is monotonic seconds. For a broken file it returns TEMPLATE_BROKEN once, sets
 * the error and keeps the old template. */
enum template_look template_file_look(struct template_file *f, double now,
				      struct error *err);

#endif
