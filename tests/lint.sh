#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Reads one file as a strict reviewer would; prints what it finds, and fails if it finds
# anything. `make lint` calls it for each file that changed.
#
#     tests/lint.sh FILE.c|FILE.h [COMPILER FLAGS...]
#     tests/lint.sh FILE.sh
#     tests/lint.sh Makefile
set -u
shopt -s lastpipe # finding() at the end of a pipe must set `failed` here

file=$1
shift
failed=0

# finding CHECK: fails with what comes on standard input, if anything does.
finding() {
	local what
	what=$(cat)
	[ -n "$what" ] || return 0
	printf '%s: %s\n%s\n' "$file" "$1" "$what" >&2
	failed=1
}

check() {
	"$@" >&2 || failed=1
}

lint_text() {
	grep -nE '[[:blank:]]+$' "$file" | finding "blanks at the end of a line"
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' ||
		echo "  in its first lines" | finding "no SPDX-License-Identifier"
}

# Functions that invite mistakes, with what to use. Comments do not count.
banned='sprintf|vsprintf|strcpy|stpcpy|strcat|strncat|strtok|strtok_r|atoi|atol|atof|sscanf|gets|alloca'
lint_banned() {
	gcc -fpreprocessed -dD -E -P "$file" 2>/dev/null |
		grep -noE "\b($banned) *\(" |
		sed 's/^[0-9]*:/  /' |
		finding "banned: use text.h's or snprintf, strtol and their like, bounded and checked"
}

lint_columns() {
	expand -t 8 "$file" | LC_ALL=C.UTF-8 grep -nE '^.{89,}' | finding "over 88 columns"
}

lint_c() {
	local language=()
	[[ $file == *.h ]] && language=(-x c -Wno-unused-function -Wno-unused-const-variable)
	lint_banned
	lint_columns
	check clang-format --dry-run -Werror "$file"
	check gcc -Werror -c -o /dev/null "$@" "${language[@]}" "$file"
	check clang -Werror -fsyntax-only "$@" "${language[@]}" "$file"
	# A header is read with each file that includes it.
	[[ $file == *.h ]] && return
	check clang-tidy --quiet "$file" -- "$@" 2> >(grep -v ' warnings\? generated' >&2)
	lint_cppcheck "$@"
}

# Left out: what it gets wrong of the libraries (_exit() of a comparison, usleep) and of
# loops (knownConditionTrueFalse), readdir_r, which is obsolete itself, where a variable is
# declared, and hints on its own workings.
lint_cppcheck() {
	local flags
	mapfile -t flags < <(printf '%s\n' "$@" | grep -E '^-[ID](include|sidecar|tests|DORMOUSE|.*/cjson$)')
	check cppcheck --quiet --enable=warning,style,performance,portability --inline-suppr \
		--error-exitcode=1 --std=c11 --library=posix,gnu --max-configs=4 \
		--suppress=missingIncludeSystem --suppress=missingInclude \
		--suppress=unmatchedSuppression --suppress='*:/usr/include/*' \
		--suppress=invalidFunctionArgBool --suppress=usleepCalled --suppress=readdirCalled \
		--suppress=variableScope --suppress=knownConditionTrueFalse --suppress=toomanyconfigs \
		"${flags[@]}" "$file"
}

# A rule "%.o: | x" without a recipe does not add x: make forgets whatever rule it had for
# that pattern, or takes no notice. It must be a static pattern, "$(OBJECTS): %.o: | x".
lint_make() {
	awk '/\\$/ { line = line substr($0, 1, length($0) - 1); next }
		{ line = line $0 }
		rule != "" && line !~ /^\t/ { print "  " rule }
		{ rule = "" }
		{ bare = line; while (gsub(/\$\([^()]*\)/, "", bare)); }
		bare ~ /^[^#\t:=]*%[^:=]*:[^:=]*$/ { rule = line }
		{ line = "" }
		END { if (rule != "") print "  " rule }' "$file" |
		finding "rules of a pattern without a recipe"
}

lint_text
case $file in
Makefile) lint_make ;;
*.c | *.h) lint_c "$@" ;;
*.sh | .ci/run) check shellcheck -x "$file" ;;
esac
exit $failed
