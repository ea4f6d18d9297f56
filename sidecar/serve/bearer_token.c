/* SPDX-License-Identifier: Apache-2.0 */
/* bearer_token.c - reads a token and compares what a client sends with it. */
#include "bearer_token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_full.h"

/* A token with white space around it. */
#define FILE_MAX (BEARER_TOKEN_MAX + 64)

#define WHITE " \t\r\n"

/* Reads a whole regular file of less than `size` bytes; its length or -1. */
static ssize_t read_file(const char *path, char *data, size_t size, struct error *err)
{
	struct stat status;
	ssize_t length = -1;
	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fail(err, "%s", strerror(errno));
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		fail(err, "not a regular file");
	else if ((length = read_full(fd, data, size)) < 0)
		fail(err, "%s", strerror(errno));
	else if ((size_t)length == size)
		length = fail(err, "it is larger");
	close(fd);
	return length;
}

static int check_token(const char *token, size_t length, struct error *err)
{
	if (length == 0)
		return fail(err, "it is empty");
	if (length > BEARER_TOKEN_MAX)
		return fail(err, "it is larger");
	for (size_t i = 0; i < length; i++)
		if (token[i] < '!' || token[i] > '~')
			return fail(err, "it has a character that no header may have");
	return 0;
}

int bearer_token_read(const char *path, char token[BEARER_TOKEN_MAX + 1],
		      struct error *err)
{
	char data[FILE_MAX + 1];
	ssize_t count = read_file(path, data, FILE_MAX, err);

	if (count < 0)
		return -1;
	data[count] = '\0';
	const char *begin = data + strspn(data, WHITE);
	size_t length = (size_t)(data + count - begin);

	while (length > 0 && strchr(WHITE, begin[length - 1]))
		length--;
	if (check_token(begin, length, err) < 0)
		return -1;
	memcpy(token, begin, length);
	token[length] = '\0';
	return 0;
}

/* Compares BEARER_TOKEN_MAX bytes, whatever the lengths are. */
static bool is_equal(const char *a, const char *b)
{
	char left[BEARER_TOKEN_MAX + 1] = "", right[BEARER_TOKEN_MAX + 1] = "";
	volatile unsigned char differs = 0;

	memcpy(left, a, strnlen(a, BEARER_TOKEN_MAX));
	memcpy(right, b, strnlen(b, BEARER_TOKEN_MAX));
	for (size_t i = 0; i < sizeof(left); i++)
		differs |= (unsigned char)(left[i] ^ right[i]);
	return differs == 0;
}

bool bearer_token_matches(const char *authorization, const char *token)
{
	static const char scheme[] = "Bearer ";

	if (!authorization ||
	    strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return false;
	authorization += sizeof(scheme) - 1;
	authorization += strspn(authorization, " ");
	return strlen(authorization) <= BEARER_TOKEN_MAX && token[0] &&
	       is_equal(authorization, token);
}

int metrics_token_read(const struct metrics_access *access,
		       char token[BEARER_TOKEN_MAX + 1], struct error *err)
{
	struct error why;

	if (bearer_token_read(access->token_path, token, &why) == 0)
		return 0;
	return fail(
	    err,
	    "invalid value \"%s\" for --metrics-token-file: expected a file with "
	    "a token of 1 to %d visible ASCII characters: %s",
	    access->token_path, BEARER_TOKEN_MAX, why.text);
}

int server_check_token(const struct metrics_access *access, struct error *err)
{
	char token[BEARER_TOKEN_MAX + 1];

	return access->token_path[0] ? metrics_token_read(access, token, err) : 0;
}
