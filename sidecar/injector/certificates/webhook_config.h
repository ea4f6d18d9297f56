/* SPDX-License-Identifier: Apache-2.0 */
/* webhook_config.h - our CA in a MutatingWebhookConfiguration. */
#ifndef DORMOUSE_INJECTOR_CERTIFICATES_WEBHOOK_CONFIG_H
#define DORMOUSE_INJECTOR_CERTIFICATES_WEBHOOK_CONFIG_H

#include <cJSON.h>

#include "base/error.h"
#include "base/text.h"

#define WEBHOOKS_MAX 8 /* in one configuration */

/* Appends the JSON Patch that gives every webhook that bundle, and that fails where
 * somebody changed the webhooks' order meanwhile. Returns how many webhooks it changes;
 * 0: all have it, nothing was appended. */
int webhook_config_patch(const cJSON *config, const char *bundle, struct text *patch,
			 struct error *err);

#endif
