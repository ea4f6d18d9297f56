# SPDX-License-Identifier: Apache-2.0
"""Evaluates the part of CEL that manifests/ is written in, the way the API server does.

Values are Python's: text, numbers, booleans, lists, dicts. A message, `Object.spec.volumes{name: "a"}`, is a dict that
knows its type; the API server demands that the type of a member be the path to it, and so does this. What is not known
here is an error, never a guess; what came to Kubernetes later than 1.30 is not known.

The language: https://github.com/google/cel-spec/blob/master/doc/langdef.md; what Kubernetes adds:
https://kubernetes.io/docs/reference/using-api/cel/."""
import functools
import math
import re
from fractions import Fraction

from qos import quantity
from re2 import Re2Error, re2

TOKEN = re.compile(r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<raw>r"[^"]*"|r'[^']*')
                           |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<name>[A-Za-z_]\w*)
                           |(?P<sign>&&|\|\||[=!<>]=|[-+*/%!?:.,(){}\[\]<>]))""", re.VERBOSE)
# Names that nothing can have; a member can.
RESERVED = set("as break const continue else for function if import let loop package namespace return var void "
               "while in".split())


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


ESCAPES = {"n": "\n", "t": "\t", **{sign: sign for sign in "\\\"'"}}


def unescaped(match):
    if match[1] not in ESCAPES:
        raise CelError(f"not understood: {match[0]!r}")
    return ESCAPES[match[1]]


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
        # The names whose values are of no type known beforehand, as those of objects are.
        self.dynamic = {"object", "oldObject", "params"}

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
        return typed(lambda scope: (yes if truth(condition(scope)) else no)(scope), is_dynamic(yes) or is_dynamic(no))

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
        sign = self.takes("==", "!=", "<=", ">=", "<", ">", "in")
        if not sign:
            return left
        right = self.sum()
        return lambda scope: called(RELATIONS, sign, left(scope), right(scope))

    def sum(self):
        left = self.product()
        while sign := self.takes("+", "-"):
            left = self.arithmetic(sign, left, self.product())
        return left

    def product(self):
        left = self.unary()
        while sign := self.takes("*", "/", "%"):
            left = self.arithmetic(sign, left, self.unary())
        return left

    @staticmethod
    def arithmetic(sign, left, right):
        return lambda scope: called(ARITHMETIC, sign, left(scope), right(scope))

    def unary(self):
        if self.takes("!"):
            operand = self.unary()
            return lambda scope: called(LOGIC, "!", truth(operand(scope)))
        if self.takes("-"):
            operand = self.unary()
            return lambda scope: called(LOGIC, "-", operand(scope))
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
            variable, before = unreserved(self.name()), set(self.dynamic)
            elements = is_dynamic(target) or is_dynamic(target, "elements")
            (self.dynamic.add if elements else self.dynamic.discard)(variable)
            self.needs(",")
            body = self.choice()
            self.needs(")")
            self.dynamic = before
            return typed(lambda scope: MACROS[name](target(scope), variable, body, scope),
                         elements=name == "filter" and elements or name == "map" and is_dynamic(body))
        arguments = self.list_of(self.choice, ")")
        if name not in METHODS:
            raise CelError(f"{name}() is not known")
        return lambda scope: called(METHODS, name, target(scope), *[one(scope) for one in arguments])

    def primary(self):
        kind, value = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            number = float(value) if "." in value else int(value)
            return lambda scope: number
        if kind == "raw":
            return lambda scope: value[2:-1]
        if kind == "text":
            text = re.sub(r"\\(.)", unescaped, value[1:-1])
            return lambda scope: text
        if kind == "name":
            return self.named(value)
        if value == "(":
            inner = self.choice()
            self.needs(")")
            return inner
        if value == "[":
            members = self.list_of(self.choice, "]")
            if len({is_dynamic(one) for one in members}) > 1:
                raise CelError("members of a list have a type that is known beforehand, and none")
            return lambda scope: made(LIST_COST, alike_all([one(scope) for one in members]))
        if value == "{":
            pairs = self.list_of(lambda: self.pair(self.choice), "}")
            if len({is_dynamic(one) for _, one in pairs}) > 1:
                raise CelError("members of a map have a type that is known beforehand, and none")
            return lambda scope: made(MAP_COST, alike_members({key(scope): one(scope) for key, one in pairs}))
        raise CelError(f"not expected: {value!r}")

    def named(self, name):
        if name in ("true", "false"):
            return lambda scope: name == "true"
        if name == "has" and self.takes("("):
            target = self.member()
            self.needs(")")
            return lambda scope: target.exists(scope)
        if name in FUNCTIONS and self.takes("("):
            value = self.choice()
            self.needs(")")
            return lambda scope: called(FUNCTIONS, name, value(scope))
        if name in ("Object", "JSONPatch"):
            return self.message(name)
        unreserved(name)
        return typed(lambda scope: variable_of(scope, name), name in self.dynamic)

    def message(self, kind):
        while self.takes("."):
            kind += "." + self.name()
        self.needs("{")
        pairs = self.list_of(lambda: self.pair(self.name), "}")
        return lambda scope: made(MESSAGE_COST, Message(kind, {name: one(scope) for name, one in pairs}))

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


# --- what it costs ---------------------------------------------------------------------
# Near enough to what the API server counts: github.com/google/cel-go, interpreter/runtimecost.go, and for its own
# functions k8s.io/apiserver/pkg/cel/library/cost.go. At most, for an expression and for all of a policy:
CALL_LIMIT, POLICY_LIMIT = 1000000, 10000000
LIST_COST, MAP_COST, MESSAGE_COST = 10, 30, 40
# Around the body, for each element; and for each that is kept.
MACRO_COSTS, KEPT_COST = {"exists": 5, "all": 5, "filter": 2, "map": 13}, 12


class Spent:
    cost = 0


def spend(cost):
    Spent.cost += cost


def made(cost, value):
    spend(cost)
    return value


def tenth(*values):
    """Texts and lists are gone through at a tenth of their length."""
    return math.ceil(sum(len(value) for value in values) / 10)


COSTS = {
    "matches": lambda _, text, pattern: math.ceil((1 + len(text)) / 10) * math.ceil(len(pattern) / 4),
    "contains": lambda _, text, part: tenth(text) * tenth(part),
    "startsWith": lambda _, text, part: tenth(part),
    "endsWith": lambda _, text, part: tenth(part),
    "replace": lambda _, text, *others: 2 * tenth(text),
    "split": lambda _, text, *others: 2 * tenth(text),
    "join": lambda result, *others: 2 * tenth(result),
    "sum": lambda _, numbers: len(numbers),
    "min": lambda _, values: len(values),
    "max": lambda _, values: len(values),
    "indexOf": lambda _, values, *others: len(values),
    "bytes": lambda _, text: tenth(text),
    "upperAscii": lambda _, text: tenth(text),
    "lowerAscii": lambda _, text: tenth(text),
    "substring": lambda _, text, *bounds: tenth(text),
    "quantity": lambda _, text: tenth(text),
    "isQuantity": lambda _, text: tenth(text),
    "in": lambda _, value, values: len(values) if isinstance(values, list) else 1,
    "+": lambda _, left, right: tenth(left, right) if isinstance(left, str) else 1,
    "==": lambda _, left, right: min(tenth(left), tenth(right)) if isinstance(left, str) else 1,
}
COSTS |= {"find": COSTS["matches"], "findAll": COSTS["matches"], "!=": COSTS["=="]}


# --- what the signs and names do -------------------------------------------------------
def called(table, name, *arguments):
    """The value of a function or sign of the table, its cost counted."""
    try:
        value = table[name](*arguments)
        Spent.cost += COSTS[name](value, *arguments) if name in COSTS else 1
    except (TypeError, AttributeError, ValueError, KeyError, Re2Error) as error:
        raise CelError(f"{name}: {error}") from error
    return value


def truth(value):
    if not isinstance(value, bool):
        raise CelError(f"{value!r} is neither true nor false")
    return value


def decided(operands, scope, decisive):
    error = None
    for operand in operands:
        spend(1)
        try:
            if truth(operand(scope)) == decisive:
                return decisive
        except CelError as found:
            error = found
    if error:
        raise error
    return not decisive


def typed(function, dynamic=False, elements=False):
    """The function of an expression, with whether CEL's checker knows the type of its value or of its elements; what is
    not said to be dynamic may be so all the same, such as a variable of the policy."""
    function.dynamic, function.elements = dynamic, elements
    return function


def is_dynamic(function, what="dynamic"):
    return getattr(function, what, False)


def unreserved(name):
    if name in RESERVED:
        raise CelError(f"{name!r} is no name")
    return name


def kind_of(value):
    """The type of a value, of a list with that of its elements; None: any will do."""
    if isinstance(value, list):
        return list, common([kind_of(one) for one in value])
    return dict if isinstance(value, dict) else type(value)


def common(kinds):
    """The type that all of them are. Kubernetes has CEL's literals of one type only; what is of any type there,
    such as a member of an object, is held to what it is here."""
    kinds = [kind for kind in kinds if kind not in (None, type(None))]
    if all(isinstance(kind, tuple) for kind in kinds):
        return (list, common([kind[1] for kind in kinds])) if kinds else None
    if len(set(kinds)) > 1:
        raise CelError(f"of different types: {kinds}")
    return kinds[0]


def alike_all(values):
    common([kind_of(value) for value in values])
    return values


def alike_members(members):
    alike_all(list(members))
    alike_all(list(members.values()))
    return members


def alike(left, right, *kinds):
    """Both, of the same type, one of those; whole numbers are no booleans."""
    if type(left) is not type(right) or type(left) not in kinds:
        raise CelError(f"{left!r} and {right!r} do not go together")
    return left, right


def variable_of(scope, name):
    if name not in scope:
        raise CelError(f"{name} is not known")
    Spent.cost += 1
    return scope[name]


def selected(target, name):
    def member(scope):
        value = target(scope)
        if not isinstance(value, dict) or name not in value:
            raise CelError(f"there is no {name}")
        Spent.cost += 1
        return value[name]

    # For has(): the last member may be missing, none before it.
    def exists(scope):
        value = target(scope)
        if not isinstance(value, dict):
            raise CelError(f"has(): no object has {name}")
        return name in value

    member.exists = exists
    return typed(member, is_dynamic(target))


def indexed(target, index):
    def element(scope):
        value, key = target(scope), index(scope)
        if not isinstance(value, (list, dict)) or isinstance(value, list) and (isinstance(key, bool) or key < 0):
            raise CelError(f"no element {key!r} of {value!r}")
        Spent.cost += 1
        try:
            return value[key]
        except (KeyError, IndexError, TypeError) as error:
            raise CelError(f"no element {error}") from error
    return typed(element, is_dynamic(target) or is_dynamic(target, "elements"))


def over(name, values, variable, body, scope):
    """(value, body of the macro for it)"""
    if not isinstance(values, (list, dict)):
        raise CelError(f"{values!r} has no elements")

    def one(value):
        spend(MACRO_COSTS[name])
        return body({**scope, variable: value})
    return ((value, lambda _, value=value: one(value)) for value in values)


def in_either(value, values):
    if not isinstance(values, (list, dict)):
        raise CelError(f"nothing is in {values!r}")
    return value in values


def whole(value):
    """int(): of text in decimal, or of a number, without what is behind its point."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not abs(value) < 2**63:
            raise CelError(f"{value!r} is beyond the whole numbers")
        return int(value)
    number = re2("^[-+]?0*([0-9]{1,19})$").search(value)
    if not number or int(number[1]) >= 2**63:
        raise CelError(f"{value!r} is no whole number")
    return int(("-" if value[0] == "-" else "") + number[1])


def fractional(value):
    """double(): of text in decimal without an exponent, or of a whole number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if not re2(r"^([0-9]+\.?[0-9]*|\.[0-9]+)$").search(value):
        raise CelError(f"{value!r} is not known as a number here")
    return float(value)


def texted(value):
    """string(): of text, of a whole number, or of a boolean; how Go writes fractions is not known here."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int)):
        raise CelError(f"string() of {value!r} is not known here")
    return str(value)


def quantity_of(text):
    """quantity(): of text, and of nothing else."""
    if not isinstance(text, str) or not text.isascii():
        raise CelError(f"{text!r} is no text of a quantity")
    return quantity(text)


def is_quantity(text):
    if not isinstance(text, str):
        raise CelError(f"{text!r} is no text")
    try:
        quantity_of(text)
    except (ValueError, CelError):
        return False
    return True


def compared(left, right):
    """compareTo(): of quantities."""
    if not isinstance(left, Fraction) or not isinstance(right, Fraction):
        raise CelError(f"{left!r} and {right!r} are not both quantities")
    return (left > right) - (left < right)


def approximated(value):
    """asApproximateFloat(), as apimachinery's Quantity.AsApproximateFloat64() does it to within a bit."""
    if not isinstance(value, Fraction):
        raise CelError(f"{value!r} is no quantity")
    return float(value)


def ascii_only(change, text):
    """Letters of other alphabets stay as they are."""
    return "".join(change(sign) if sign.isascii() else sign for sign in text)


def substring(text, begin, end=None):
    """Bounds outside of the text are an error, to Python they are not."""
    end = len(text) if end is None else end
    if not 0 <= begin <= end <= len(text):
        raise CelError(f"substring: {begin}, {end} of {text!r}")
    return text[begin:end]


def listed(values, *kinds):
    """A list whose elements are all of one of those types."""
    if not isinstance(values, list) or any(type(value) is not type(values[0]) for value in values) or (
            values and type(values[0]) not in kinds):
        raise CelError(f"{values!r} is no list of one type of {kinds}")
    return values


def extreme(function, values):
    if not listed(values, int, float, str):
        raise CelError("an empty list has neither least nor greatest")
    return function(values)


def divided(left, right):
    """Whole numbers are divided towards 0, and not by it."""
    if isinstance(left, float):
        return left / right if right else math.copysign(math.inf, left) if left else math.nan
    if right == 0:
        raise CelError("divided by 0")
    return abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)


def remainder(left, right):
    return left - right * divided(left, right)


def joined(left, right):
    return alike_all(left + right) if isinstance(left, list) else left + right


def negative(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CelError(f"- of {value!r}")
    return -value


MACROS = {
    "exists": lambda *arguments: decided([one for _, one in over("exists", *arguments)], {}, True),
    "all": lambda *arguments: decided([one for _, one in over("all", *arguments)], {}, False),
    "filter": lambda *arguments: [
        made(KEPT_COST, value) for value, one in over("filter", *arguments) if truth(one({}))],
    "map": lambda *arguments: [one({}) for _, one in over("map", *arguments)],
}
METHODS = {
    "contains": lambda text, part: part in text,
    "endsWith": lambda text, end: text.endswith(end),
    "startsWith": lambda text, prefix: text.startswith(prefix),
    "size": len,
    "upperAscii": lambda text: ascii_only(str.upper, text),
    "lowerAscii": lambda text: ascii_only(str.lower, text),
    "substring": substring,
    "replace": lambda text, old, new: text.replace(old, new),
    "split": lambda text, separator: text.split(separator),
    "join": lambda texts, separator: separator.join(texts),
    "matches": lambda text, pattern: bool(re2(pattern).search(text)),
    "find": lambda text, pattern: (re2(pattern).search(text) or [""])[0],
    "findAll": lambda text, pattern: [found[0] for found in re2(pattern).finditer(text)],
    # Of nothing it is 0 of the list's type, which is not known here: a whole number goes with no other.
    "sum": lambda numbers: sum(listed(numbers, int, float)),
    "min": lambda values: extreme(min, values),
    "max": lambda values: extreme(max, values),
    "indexOf": lambda values, value: values.index(value) if value in listed(values, str, int) else -1,
    "compareTo": compared,
    "asApproximateFloat": approximated,
    # jsonpatch.escapeKey(): RFC 6901.
    "escapeKey": lambda _, key: key.replace("~", "~0").replace("/", "~1"),
}
FUNCTIONS = {
    "string": texted,
    "bytes": lambda text: text.encode(),
    "int": whole,
    "double": fractional,
    "quantity": quantity_of,
    "isQuantity": is_quantity,
}
LOGIC = {"!": lambda value: not value, "-": negative}
ARITHMETIC = {
    "+": lambda left, right: joined(*alike(left, right, str, list, int, float)),
    "-": lambda left, right: (lambda a, b: a - b)(*alike(left, right, int, float)),
    "*": lambda left, right: (lambda a, b: a * b)(*alike(left, right, int, float)),
    "/": lambda left, right: divided(*alike(left, right, int, float)),
    "%": lambda left, right: remainder(*alike(left, right, int)),
}
RELATIONS = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "in": in_either,
}


@functools.lru_cache(maxsize=None)
def compiled(source):
    """A function of an expression's variables, as a dict."""
    return Parser(source).whole()


def evaluate(source, scope):
    """The value of an expression where `scope` has its variables."""
    return compiled(source)({"jsonpatch": None, **scope})


def cost_of(source, scope):
    """What it costs to evaluate."""
    before = Spent.cost
    evaluate(source, scope)
    return Spent.cost - before
