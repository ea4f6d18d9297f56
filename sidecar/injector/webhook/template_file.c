/* SPDX-License-Identifier: Apache-2.0 */
/* template_file.c - looks whether the template's file is another one.
 *
 * The kubelet exchanges a ConfigMap's files by a symbolic link to another folder: it is
 * the name that is looked at, not a descriptor.
 */
#include "template_file.h"

#include <stdbool.h>
#include <string.h>

/* All zero where there is no such file. */
static struct stat look_at(const char *path)
{
	struct stat found;

	if (stat(path, &found) < 0)
		memset(&found, 0, sizeof(found));
	return found;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int template_file_open(struct template_file *f, const char *path, struct error *err)
{
	*f = (struct template_file){.path = path};
	if (!path[0]) {
		f->template = template_read(NULL, 0, err);
	} else {
		/* Before it is read: a change in between is seen at the next look. */
		f->seen = look_at(path);
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

	struct stat found = look_at(f->path);
	if (same_file(&found, &f->seen))
		return TEMPLATE_SAME;
	f->seen = found;
	struct sidecar_template *template = template_load(f->path, err);
	if (!template)
		return TEMPLATE_BROKEN;
	template_free(f->template);
	f->template = template;
	return TEMPLATE_TAKEN;
}
