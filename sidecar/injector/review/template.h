/* SPDX-License-Identifier: Apache-2.0 */
/* template.h - the container and the volumes that a pod is given.
 *
 * A template is a small JSON file; every member is optional:
 *
 *     {"image": "dormouse:0.1.0", "imagePullPolicy": "IfNotPresent",
 *      "resources": [{"requests": {...}, "limits": {...}}, ...],
 *      "flags": {"interval": "30s"}, "cluster": "prod-eu", "stateVolume": false}
 *
 * The rest of the container is fixed in template.c. `flags` become
 * DORMOUSE_DEFAULT_<FLAG>. The pod's annotations override them: the downward API passes
 * them as DORMOUSE_<FLAG>. `resources` are sizes, of which a pod gets the first that
 * fits (fit.h); a single one needs no array.
 */
#ifndef DORMOUSE_INJECTOR_REVIEW_TEMPLATE_H
#define DORMOUSE_INJECTOR_REVIEW_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "injector/namespaces/resources.h"
#include "owner.h"

#define SIDECAR_CONTAINER "dormouse"
#define TEMPLATE_MAX      65536 /* bytes of a template file */

struct sidecar_template;

/* The flags of `dormouse run` that set a listening address. */
#define SIDECAR_PORTS 2
extern const char *const sidecar_listen_flags[SIDECAR_PORTS];

/* How the sidecar differs from pod to pod. */
struct sidecar_shape {
	bool native; /* restartPolicy: Always, for an init container */
	const struct resources *resources; /* RESOURCE_NONE: left out */
	/* The names of its volumes, with a number where the name is taken: of
	 * template_volume(), and of TEMPLATE_BASELINES. */
	const char *volume, *baselines;
	/* Whose baseline it reads: without a key, none. */
	const struct owner *owner;
};

/* Reads a template file. An unknown member is an error; flags are checked as the
 * sidecar checks them. Returns NULL on failure: the error names the file, the member
 * and what is expected. */
struct sidecar_template *template_load(const char *path, struct error *err);

/* Reads a template from a text. Length 0 reads the built-in one, which fails only on
 * allocation failure. */
struct sidecar_template *template_read(const char *text, size_t length,
				       struct error *err);
void template_free(struct sidecar_template *t);

/* Checks that nodes can pull the image: its name must begin with a registry or
 * repository. The built-in template's name has neither. The error says what is
 * expected. */
int template_check_image(const struct sidecar_template *t, struct error *err);

/* The sizes, preferred first; there is at least one. A CPU limit is used only for pods
 * that need one; if it is RESOURCE_NONE, it equals the request. */
#define TEMPLATE_SIZES_MAX 8
unsigned template_sizes(const struct sidecar_template *t);
const struct resources *template_size(const struct sidecar_template *t, unsigned i);

/* Whether the sidecar keeps its state over container restarts, in a volume. */
bool template_keeps_state(const struct sidecar_template *t);

/* Returns the name of the sidecar's volume: of the state, or of the empty one. */
const char *template_volume(const struct sidecar_template *t);

/* The name of the volume with the workload's baseline. */
#define TEMPLATE_BASELINES "dormouse-baselines"

/* Returns the address of that flag; the pod's annotation may override it. */
const char *template_address(const struct sidecar_template *t, size_t flag);

struct json_writer;
/* Write the container, the volume, and the volume of the baseline, which only an owner
 * with a key has. */
void template_put_container(const struct sidecar_template *t,
			    const struct sidecar_shape *shape, struct json_writer *w);
void template_put_volume(const struct sidecar_template *t,
			 const struct sidecar_shape *shape, struct json_writer *w);
void template_put_baselines(const struct sidecar_shape *shape, struct json_writer *w);

#endif
