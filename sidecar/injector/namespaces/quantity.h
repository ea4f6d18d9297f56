/* SPDX-License-Identifier: Apache-2.0 */
/* quantity.h - reads Kubernetes' quantities: "10m", "16Mi", "0.5", "1e3". */
#ifndef DORMOUSE_INJECTOR_NAMESPACES_QUANTITY_H
#define DORMOUSE_INJECTOR_NAMESPACES_QUANTITY_H

/* Returns 0, or -1 if the text is not a quantity; `*value` is then unchanged.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
int quantity_read(const char *text, double *value);

#endif
