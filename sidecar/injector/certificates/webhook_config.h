/* SPDX-License-Identifier: Apache-2.0 */
/* webhook_config.h - our CA in a MutatingWebhookConfiguration. */
#ifndef DORMOUSE_INJECTOR_CERTIFICATES_WEBHOOK_CONFIG_H
#define DORMOUSE_INJECTOR_CERTIFICATES_WEBHOOK_CONFIG_H

#include <cJSON.h>

#include "base/error.h"
#include "base/text.h"

#define WEBHOOKS_MAX 8 /* in one configuration */

/* Appends a JSON Patch that gives every webhook the bundle. The patch fails if another
 * client changed the order of the webhooks since. Returns the number of webhooks that
 * it changes; 0: all have the bundle, and nothing is appended. */
int webhook_config_patch(const cJSON *config, const char *bundle, struct text *patch,
			 struct error *err);

#endif
