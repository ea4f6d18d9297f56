/* SPDX-License-Identifier: Apache-2.0 */
/* Any words as the flags and variables of the injector's commands: they are taken, or
 * refused in one line; the API server's address that they and the environment give is
 * one. The first byte chooses the command. */
#include "injector/config/injector_options.h"
#include "injector/kubernetes/kubernetes.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_api_server(const struct injector_options *options)
{
	struct client_access access;
	struct error err = {""};

	if (kubernetes_find(options, &access, &err) < 0)
		check_line(err.text);
	else if (strncmp(access.server, "https://", 8) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct injector_options options;
	struct error err = {""};

	if (size < 1)
		return 0;
	struct words w = words_of(data + 1, size - 1);
	const int result = injector_options_parse(
	    &options, data[0] % 2 ? INJECTOR_INJECT : INJECTOR_SERVE, w.argc, w.argv,
	    check_line, &err);
	if (result == 0)
		check_api_server(&options);
	else if (result < 0)
		check_line(err.text);
	free(w.copy);
	return 0;
}
