/* SPDX-License-Identifier: Apache-2.0 */
/* template.h - the container and the volume that a pod is given.
 *
 * A template is a small JSON file, every member optional:
 *
 *     {"image": "dormouse:0.1.0", "imagePullPolicy": "IfNotPresent",
 *      "resources": [{"requests": {...}, "limits": {...}}, ...],
 *      "flags": {"interval": "30s"}, "cluster": "prod-eu", "stateVolume": false}
 *
 * The rest of the container does not depend on taste and stands in template.c. `flags`
 * become DORMOUSE_DEFAULT_<FLAG>, which the pod's annotations, as DORMOUSE_<FLAG> by
 * the downward API, override. `resources` are sizes, of which a pod gets the first that
 * fits (fit.h); a single one needs no array.
 */
#ifndef DORMOUSE_INJECTOR_REVIEW_TEMPLATE_H
#define DORMOUSE_INJECTOR_REVIEW_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "injector/namespaces/resources.h"

#define SIDECAR_CONTAINER "dormouse"
#define TEMPLATE_MAX      65536 /* bytes of a template file */

struct sidecar_template;

/* The flags of `dormouse run` by which it listens. */
#define SIDECAR_PORTS 2
extern const char *const sidecar_listen_flags[SIDECAR_PORTS];

/* What a pod wants of its sidecar. */
struct sidecar_shape {
	bool native; /* restartPolicy: Always, for an init container */
	const struct resources *resources; /* RESOURCE_NONE: not said */
	const char *volume; /* its name: template_volume(), with a number where taken */
};

/* NULL on failure: the error names the file, the member and what would do. A member
 * that is not known is an error, a flag is checked as the sidecar will. */
struct sidecar_template *template_load(const char *path, struct error *err);

/* The same of a text; with length 0 the built-in one, which fails only on
 * allocation failure. */
struct sidecar_template *template_read(const char *text, size_t length,
				       struct error *err);
void template_free(struct sidecar_template *t);

/* Whether nodes can pull the image: its name has a registry or a repository in front,
 * which the one that is shipped has not. The error says what would do. */
int template_check_image(const struct sidecar_template *t, struct error *err);

/* The sizes, preferred first: there is one at least. A limit of CPU is for pods that
 * need one, and may be RESOURCE_NONE: as its request. */
#define TEMPLATE_SIZES_MAX 8
unsigned template_sizes(const struct sidecar_template *t);
const struct resources *template_size(const struct sidecar_template *t, unsigned i);

/* Whether the sidecar keeps its state in a volume, over restarts of its container. */
bool template_keeps_state(const struct sidecar_template *t);

/* The name of its volume: of the state, or of the empty one that it has instead. */
const char *template_volume(const struct sidecar_template *t);

/* Where the sidecar listens by that flag, unless the pod says otherwise. */
const char *template_address(const struct sidecar_template *t, size_t flag);

struct json_writer;
/* Write the container and the volume. */
void template_put_container(const struct sidecar_template *t,
			    const struct sidecar_shape *shape, struct json_writer *w);
void template_put_volume(const struct sidecar_template *t,
			 const struct sidecar_shape *shape, struct json_writer *w);

#endif
