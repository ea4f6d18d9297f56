#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The programs that `make` builds without further flags are hardened. (Those of the images are
# looked at when they are made: tests/static.sh, tests/images.sh.)
set -euo pipefail
# shellcheck source=report.sh
source "$(dirname "$0")/report.sh"
root=$(cd "$(dirname "$0")/.." && pwd)

for tool in readelf objdump; do
	command -v $tool >/dev/null || skip "needs $tool"
done

# has FILE WHAT PATTERN READELF_FLAG
has() {
	local found
	found=$(readelf --wide "$4" "$1")
	check_that "${1##*/}: $2" grep -qE "$3" <<<"$found"
}

for program in "$root"/build/dormouse{,-injector}; do
	[[ -x $program ]] || skip "needs $program: make"
	has "$program" "is loaded at a random address" 'Type: +DYN' --file-header
	has "$program" "has a dynamic loader, so it is a program" INTERP --program-headers
	has "$program" "has read-only relocations" GNU_RELRO --program-headers
	has "$program" "is bound at once" 'FLAGS.*(BIND_NOW|NOW)' --dynamic
	has "$program" "has a stack that does not run" 'GNU_STACK .* RW +0x' --program-headers
	has "$program" "checks its stack" 'UND __stack_chk_fail' --dyn-syms
	has "$program" "checks what it copies" 'UND __(memcpy|snprintf|vsnprintf|read|fprintf)_chk' --dyn-syms
	check_that "${program##*/}: has no text relocations" test -z "$(readelf --wide --dynamic "$program" |
		grep TEXTREL)"
	# The note that says so is only there if the C library's own objects have it.
	case $(uname -m) in
	x86_64) landing=endbr64 ;;
	aarch64) landing='paciasp|bti' ;;
	*) continue ;;
	esac
	code=$(objdump --disassemble=main --no-show-raw-insn "$program")
	check_that "${program##*/}: marks where calls may land" grep -qE "\b($landing)\b" <<<"$code"
done
finish
