/* SPDX-License-Identifier: Apache-2.0 */
/* template_file.c - checks whether the template's file has changed.
 *
 * The kubelet changes a ConfigMap's files by a symbolic link to another folder. So the
 * check uses the path, not an open descriptor.
 */
#include "template_file.h"

#include <stdbool.h>
#include <string.h>

/* Returns the file's status, all zeroes if there is no such file. */
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
		/* Before the read, so that the next check finds a change in between. */
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
