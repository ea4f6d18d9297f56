/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a template: what is taken makes a container and a volume that are JSON.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/injector/review_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char written[65536];
	struct error err = {.text = ""};
	const struct owner owner = {"Deployment/web", "deployment.web.json"};
	struct sidecar_shape shape = {
	    .native = true, .volume = "v", .baselines = "b", .owner = &owner};
	char *text = malloc(size ? size : 1);

	memcpy(text, data, size);
	struct sidecar_template *t = template_read(text, size, &err);
	free(text);
	if (!t) {
		if (!err.text[0] || strchr(err.text, '\n'))
			abort();
		return 0;
	}
	struct text out = text_over(written, sizeof(written));
	struct json_writer w = json_writer_over(&out);

	shape.resources = template_size(t, template_sizes(t) - 1);
	json_array(&w, NULL);
	template_put_container(t, &shape, &w);
	template_put_volume(t, &shape, &w);
	template_put_baselines(&shape, &w);
	json_end(&w);
	template_free(t);
	if (!json_is_whole(&w))
		abort();
	cJSON_Delete(tree_of_json(written));
	return 0;
}
