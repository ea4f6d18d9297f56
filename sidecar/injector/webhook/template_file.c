/* SPDX-License-Identifier: Apache-2.0 */
/* template_file.c - checks whether the template's file has changed. */
#include "template_file.h"

int template_file_open(struct template_file *f, const char *path, struct error *err)
{
	*f = (struct template_file){.path = path};
	if (!path[0]) {
		f->template = template_read(NULL, 0, err);
	} else {
		f->seen = file_mark_of(path);
		f->template = template_load(path, err);
	}
	return f->template ? 0 : -1;
}

void template_file_close(struct template_file *f)
{
	template_free(f->template);
	f->template = NULL;
}

enum template_look template_file_look(struct template_file *f, double now,
				      struct error *err)
{
	if (now - f->looked_at < TEMPLATE_LOOK_EVERY_S)
		return TEMPLATE_SAME;
	f->looked_at = now;
	if (!f->path[0])
		return TEMPLATE_SAME;

	struct file_mark found = file_mark_of(f->path);
	if (file_mark_same(&found, &f->seen))
		return TEMPLATE_SAME;
	f->seen = found;
	struct sidecar_template *template = template_load(f->path, err);
	if (!template)
		return TEMPLATE_BROKEN;
	template_free(f->template);
	f->template = template;
	return TEMPLATE_TAKEN;
}
