# SPDX-License-Identifier: Apache-2.0
"""Evaluates the part of CEL that manifests/policy is written in, the way the API server does.

Values are Python's: text, numbers, booleans, lists, dicts. A message, `Object.spec.volumes{name: "a"}`, is a dict that
knows its type; the API server demands that the type of a member be the path to it, and so does this. What is not known
here is an error, never a guess.

The language: https://github.com/google/cel-spec/blob/master/doc/langdef.md."""
import re

TOKEN = re.compile(r"""\s*(?:(?P<number>\d+)|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<name>[A-Za-z_]\w*)
                           |(?P<sign>&&|\|\||==|!=|[-+!?:.,(){}\[\]<>]))""", re.VERBOSE)


class CelError(Exception):
    """An expression that is wrong, or that fails on this object."""


class Message(dict):
    """A message: its type is "Object", "Object.spec", ... or "JSONPatch"."""

    def __init__(self, kind, members):
        super().__init__(members)
        self.kind = kind
        for name, value in members.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, Message) and kind != "JSONPatch" and one.kind != f"{kind}.{name}":
                    raise CelError(f"{one.kind} stands where {kind}.{name} belongs")


def tokens_of(source):
    at, tokens = 0, []
    while source[at:].strip():
        match = TOKEN.match(source, at)
        if not match:
            raise CelError(f"not understood: {source[at:at + 40]!r}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens + [("end", "")]


class Parser:
    """Turns an expression into a function of its variables, by recursive descent."""

    def __init__(self, source):
        self.tokens, self.at = tokens_of(source), 0

    def sees(self, *signs):
        kind, value = self.tokens[self.at]
        return (kind == "sign" or value == "in") and value in signs

    def takes(self, *signs):
        if self.sees(*signs):
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def needs(self, sign):
        if not self.takes(sign):
            raise CelError(f"{sign!r} is missing before {self.tokens[self.at][1]!r}")

    def name(self):
        kind, value = self.tokens[self.at]
        if kind != "name":
            raise CelError(f"a name is missing before {value!r}")
        self.at += 1
        return value

    def whole(self):
        expression = self.choice()
        if self.tokens[self.at][0] != "end":
            raise CelError(f"not expected: {self.tokens[self.at][1]!r}")
        return expression

    def choice(self):
        condition = self.either()
        if not self.takes("?"):
            return condition
        yes = self.either()
        self.needs(":")
        no = self.choice()
        return lambda scope: (yes if truth(condition(scope)) else no)(scope)

    def either(self):
        return self.logic("||", self.both, True)

    def both(self):
        return self.logic("&&", self.relation, False)

    def logic(self, sign, operand, decisive):
        """CEL's && and ||: one side that decides makes up for an error of the other."""
        operands = [operand()]
        while self.takes(sign):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else lambda scope: decided(operands, scope, decisive)

    def relation(self):
        left = self.sum()
        sign = self.takes("==", "!=", "<", ">", "in")
        if not sign:
            return left
        right = self.sum()
        return lambda scope: RELATIONS[sign](left(scope), right(scope))

    def sum(self):
        left = self.unary()
        while self.takes("+"):
            left = self.plus(left, self.unary())
        return left

    @staticmethod
    def plus(left, right):
        return lambda scope: added(left(scope), right(scope))

    def unary(self):
        if self.takes("!"):
            operand = self.unary()
            return lambda scope: not truth(operand(scope))
        return self.member()

    def member(self):
        value = self.primary()
        while self.sees(".", "["):
            if self.takes("["):
                value = indexed(value, self.choice())
                self.needs("]")
            else:
                self.needs(".")
                name = self.name()
                value = self.call(value, name) if self.takes("(") else selected(value, name)
        return value

    def call(self, target, name):
        if name in MACROS:
            variable = self.name()
            self.needs(",")
            body = self.choice()
            self.needs(")")
            return lambda scope: MACROS[name](target(scope), variable, body, scope)
        arguments = self.list_of(self.choice, ")")
        if name not in METHODS:
            raise CelError(f"{name}() is not known")
        return lambda scope: METHODS[name](target(scope), *[one(scope) for one in arguments])

    def primary(self):
        kind, value = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return lambda scope: int(value)
        if kind == "text":
            return lambda scope: re.sub(r"\\(.)", r"\1", value[1:-1])
        if kind == "name":
            return self.named(value)
        if value == "(":
            inner = self.choice()
            self.needs(")")
            return inner
        if value == "[":
            members = self.list_of(self.choice, "]")
            return lambda scope: [one(scope) for one in members]
        if value == "{":
            pairs = self.list_of(lambda: self.pair(self.choice), "}")
            return lambda scope: {key(scope): one(scope) for key, one in pairs}
        raise CelError(f"not expected: {value!r}")

    def named(self, name):
        if name in ("true", "false"):
            return lambda scope: name == "true"
        if name == "has" and self.takes("("):
            target = self.member()
            self.needs(")")
            return lambda scope: target.exists(scope)
        if name == "string" and self.takes("("):
            value = self.choice()
            self.needs(")")
            return lambda scope: str(value(scope))
        if name in ("Object", "JSONPatch"):
            return self.message(name)
        return lambda scope: variable_of(scope, name)

    def message(self, kind):
        while self.takes("."):
            kind += "." + self.name()
        self.needs("{")
        pairs = self.list_of(lambda: self.pair(self.name), "}")
        return lambda scope: Message(kind, {name: one(scope) for name, one in pairs})

    def pair(self, key):
        key = key()
        self.needs(":")
        return key, self.choice()

    def list_of(self, element, end):
        elements = []
        while not self.takes(end):
            elements.append(element())
            if not self.sees(end):
                self.needs(",")
        return elements


# --- what the signs and names do -------------------------------------------------------
def truth(value):
    if not isinstance(value, bool):
        raise CelError(f"{value!r} is neither true nor false")
    return value


def decided(operands, scope, decisive):
    error = None
    for operand in operands:
        try:
            if truth(operand(scope)) == decisive:
                return decisive
        except CelError as found:
            error = found
    if error:
        raise error
    return not decisive


def added(left, right):
    if type(left) is not type(right) or not isinstance(left, (str, list, int)):
        raise CelError(f"{left!r} + {right!r}")
    return left + right


def variable_of(scope, name):
    if name not in scope:
        raise CelError(f"{name} is not known")
    return scope[name]


def selected(target, name):
    def member(scope):
        value = target(scope)
        if not isinstance(value, dict) or name not in value:
            raise CelError(f"there is no {name}")
        return value[name]

    # For has(): the last member may be missing, none before it.
    def exists(scope):
        value = target(scope)
        if not isinstance(value, dict):
            raise CelError(f"has(): no object has {name}")
        return name in value

    member.exists = exists
    return member


def indexed(target, index):
    def element(scope):
        try:
            return target(scope)[index(scope)]
        except (KeyError, IndexError, TypeError) as error:
            raise CelError(f"no element {error}") from error
    return element


def over(values, variable, body, scope):
    """(value, body of the macro for it)"""
    if not isinstance(values, (list, dict)):
        raise CelError(f"{values!r} has no elements")
    return ((value, lambda _, value=value: body({**scope, variable: value})) for value in values)


MACROS = {
    "exists": lambda *arguments: decided([one for _, one in over(*arguments)], {}, True),
    "all": lambda *arguments: decided([one for _, one in over(*arguments)], {}, False),
    "filter": lambda *arguments: [value for value, one in over(*arguments) if truth(one({}))],
    "map": lambda *arguments: [one({}) for _, one in over(*arguments)],
}
METHODS = {
    "contains": lambda text, part: part in text,
    "endsWith": lambda text, end: text.endswith(end),
    "startsWith": lambda text, prefix: text.startswith(prefix),
    "size": len,
    "upperAscii": lambda text: text.upper(),
    "replace": lambda text, old, new: text.replace(old, new),
    # jsonpatch.escapeKey(): RFC 6901.
    "escapeKey": lambda _, key: key.replace("~", "~0").replace("/", "~1"),
}
RELATIONS = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "in": lambda left, right: left in right,
}


def evaluate(source, scope):
    """The value of an expression where `scope` has its variables."""
    return Parser(source).whole()({"jsonpatch": None, **scope})
