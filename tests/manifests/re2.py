# SPDX-License-Identifier: Apache-2.0
"""The part of RE2's regular expressions that means the same to Python.

https://github.com/google/re2/wiki/Syntax. Whatever is not among it, such as \\d (to Python any script's digits), a lazy
quantifier or a group with a question mark, is an error here."""
import functools
import re

# A quantifier has no other behind it; a class has no bare bracket in it; a backslash takes a meaning, never gives one.
TOKEN = re.compile(r"""(?P<escape>\\[^A-Za-z0-9\s])
                       | (?P<set>\[\^?(?:\\[^A-Za-z0-9\s]|[^\\\[\]])+\])
                       | (?P<open>\((?!\?))
                       | (?P<end>\$)
                       | (?P<many>(?:[*+?]|\{(?P<least>\d+)(?:,(?P<most>\d*))?\})(?![*+?{]))
                       | (?P<other>[|)^.])
                       | (?P<plain>[^\\\[\](){}*+?|^$.])""", re.VERBOSE)
REPEAT_MAX = 1000


class Re2Error(Exception):
    """An expression that RE2 refuses or that is not known here."""


@functools.lru_cache(maxsize=None)
def re2(pattern):
    """Python's expression for it."""
    at, translated = 0, ""
    while at < len(pattern):
        token = TOKEN.match(pattern, at)
        if not token or int(token["least"] or 0) > REPEAT_MAX or int(token["most"] or 0) > REPEAT_MAX:
            raise Re2Error(f"not understood: {pattern[at:]!r}")
        # Python's $ is before a last line break, too.
        translated += r"\Z" if token["end"] else token[0]
        at = token.end()
    try:
        return re.compile(translated)
    except re.error as error:
        raise Re2Error(f"{pattern!r}: {error}") from error
