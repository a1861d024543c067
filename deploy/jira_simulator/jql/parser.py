"""JQL tokens to a tree of clauses."""

from dataclasses import dataclass

from deploy.jira_simulator.jql.tokens import JqlSyntaxError, Token, tokenize

_COMPARISONS = ("=", "!=", "<", ">", "<=", ">=", "~", "!~")
_RESERVED = frozenset({"AND", "OR", "NOT", "IN", "IS", "ORDER", "BY", "EMPTY", "NULL"})


@dataclass(frozen=True, slots=True)
class Clause:
    field: str
    operator: str  # a comparison, "in", "not in", "is", "is not"
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


Node = Clause | And | Or | Not


@dataclass(frozen=True, slots=True)
class Query:
    where: Node | None
    order: tuple[tuple[str, bool], ...]  # field, descending

    @property
    def bounded(self) -> bool:
        return self.where is not None


def parse(jql: str) -> Query:
    return _Parser(list(tokenize(jql))).query()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def query(self) -> Query:
        where = None
        if self._peek() and not self._is("ORDER"):
            where = self._or()
        order = self._order() if self._take("ORDER") else ()
        if self._peek():
            raise self._unexpected("Expecting either 'OR' or 'AND' but got")
        return Query(where, order)

    def _or(self) -> Node:
        parts = [self._and()]
        while self._take("OR"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Node:
        parts = [self._unary()]
        while self._take("AND"):
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _unary(self) -> Node:
        if self._take("NOT"):
            return Not(self._unary())
        if self._take("("):
            inside = self._or()
            self._expect(")")
            return inside
        return self._clause()

    def _clause(self) -> Clause:
        field = self._operand("Expecting a field name but got")
        token = self._peek()
        if token is not None and token.kind == "operator" and token.text in _COMPARISONS:
            self._next += 1
            return Clause(field, token.text, (self._value(),))
        if self._take("IN"):
            return Clause(field, "in", self._list())
        if self._take("NOT"):
            self._expect("IN")
            return Clause(field, "not in", self._list())
        if self._take("IS"):
            operator = "is not" if self._take("NOT") else "is"
            if not (self._take("EMPTY") or self._take("NULL")):
                raise self._unexpected("Expecting 'EMPTY' or 'NULL' but got")
            return Clause(field, operator, ())
        raise self._unexpected("Expecting operator but got")

    def _list(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> str:
        text = self._operand("Expecting either a value, list or function but got")
        if self._take("("):  # the functions known here take no argument
            self._expect(")")
            return f"{text}()"
        return text

    def _operand(self, complaint: str) -> str:
        token = self._peek()
        if (
            token is None
            or token.kind not in ("word", "string")
            or token.upper in _RESERVED - {"EMPTY", "NULL"}
        ):
            raise self._unexpected(complaint)
        self._next += 1
        return token.text

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._expect("BY")
        order = [self._sort()]
        while self._take(","):
            order.append(self._sort())
        return tuple(order)

    def _sort(self) -> tuple[str, bool]:
        field = self._operand("Expecting a field name but got")
        if self._take("DESC"):
            return field.lower(), True
        self._take("ASC")
        return field.lower(), False

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _is(self, text: str) -> bool:
        token = self._peek()
        return token is not None and text in (token.upper, token.text if token.kind == "punctuation" else "")

    def _take(self, text: str) -> bool:
        taken = self._is(text)
        self._next += taken
        return taken

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected(f"Expecting '{text}' but got")

    def _unexpected(self, complaint: str) -> JqlSyntaxError:
        token = self._peek()
        if token is None:
            return JqlSyntaxError(f"{complaint.removesuffix(' but got')} before the end of the query.")
        return JqlSyntaxError(f"{complaint} '{token.text}'. (line {token.line}, character {token.column})")
