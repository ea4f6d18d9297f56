/* SPDX-License-Identifier: Apache-2.0 */
/* template_file.h - the template in use, which follows its file. */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_TEMPLATE_FILE_H
#define DORMOUSE_INJECTOR_WEBHOOK_TEMPLATE_FILE_H

#include <stdint.h>
#include <sys/stat.h>

#include "injector/review/template.h"

/* Seconds between looks. A ConfigMap takes up to a minute to reach its mount anyway. */
#define TEMPLATE_LOOK_EVERY_S 10.0

struct template_file {
	const char *path; /* "": the built-in one, which never changes */
	struct sidecar_template *template;
	struct stat seen; /* the file that was read last, or tried */
	double looked_at; /* monotonic seconds */
};

/* How a look ended. */
enum template_look { TEMPLATE_SAME, TEMPLATE_TAKEN, TEMPLATE_BROKEN };

/* -1 when there is no template to begin with. `path` outlives the file. */
int template_file_open(struct template_file *f, const char *path, struct error *err);
void template_file_close(struct template_file *f);

/* Looks, when it is time. A changed file is read; a broken one is told of once, and the
 * template is what it was: the error says why. */
enum template_look template_file_look(struct template_file *f, double now,
				      struct error *err);

#endif
