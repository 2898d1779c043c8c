"""The GraphQL of the stand-in: questions are parsed and held against the published schema, weighed, and answered from
nodes that are kept as GraphQL would say them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import graphql
from graphql import language

SCHEMA = graphql.build_schema(Path(__file__).with_name("standin_schema.graphql").read_text())
_MUTATION = 10
"""Points that a mutation costs."""


class Question(NamedTuple):
    """A question that fits the schema: its only operation, fragments, and the values of its variables."""

    operation: language.OperationDefinitionNode
    fragments: dict[str, language.FragmentDefinitionNode]
    variables: dict[str, Any]


class Unfit(Exception):
    """A question that does not fit the schema."""


@lru_cache(maxsize=256)
def _document(text: str) -> language.DocumentNode:
    try:
        document = graphql.parse(text)
    except graphql.GraphQLError as error:
        raise Unfit(error.message) from error
    if errors := graphql.validate(SCHEMA, document):
        raise Unfit("; ".join(error.message for error in errors[:5]))
    return document


def question(text: str, variables: Mapping[str, Any]) -> Question:
    """Return a question, with each variable of its type. Raises Unfit."""
    document = _document(text)
    operations = [one for one in document.definitions if isinstance(one, language.OperationDefinitionNode)]
    fragments = {
        one.name.value: one for one in document.definitions if isinstance(one, language.FragmentDefinitionNode)
    }
    given = graphql.execution.values.get_variable_values(
        SCHEMA, list(operations[0].variable_definitions or ()), dict(variables)
    )
    if isinstance(given, list):
        raise Unfit("; ".join(error.message for error in given))
    return Question(operations[0], fragments, given if isinstance(given, dict) else given.coerced)


class Answerer:
    """Answers questions: `roots` are the fields of QueryRoot and Mutation, called with their arguments."""

    def __init__(self, roots: Mapping[str, Callable[..., Any]]) -> None:
        self._roots = roots

    def cost(self, asked: Question) -> int:
        """Return what a question costs: an object a point, a list as many times as is asked for of it."""
        kind = "Mutation" if asked.operation.operation is language.OperationType.MUTATION else "QueryRoot"
        whole = self._cost(asked, asked.operation.selection_set, SCHEMA.type_map[kind], 1)
        return whole + (_MUTATION if kind == "Mutation" else 0)

    def _cost(self, asked: Question, chosen: Any, parent: Any, times: int) -> int:
        whole = 0
        for field, inside in self._fields(asked, chosen, None):
            known = getattr(inside or parent, "fields", {}).get(field.name.value)
            named = graphql.get_named_type(known.type) if known else None
            if field.selection_set is None or named is None:
                continue
            size = _arguments(field, asked).get("first", 1)
            if "ids" in (arguments := _arguments(field, asked)):
                size = len(arguments["ids"])
            plain = named.name.endswith("Connection") or named.name == "PageInfo"
            whole += (0 if plain else times * size) + self._cost(asked, field.selection_set, named, times * size)
        return whole

    def answer(self, asked: Question) -> dict[str, Any]:
        """Return the data of an answer."""
        data: dict[str, Any] = {}
        for field, _ in self._fields(asked, asked.operation.selection_set, None):
            found = self._roots[field.name.value](field, _arguments(field, asked))
            data[_name(field)] = self._shown(asked, field, found)
        return data

    def _fields(self, asked: Question, chosen: Any, kind: str | None) -> list[tuple[language.FieldNode, Any]]:
        """Return the fields that are chosen of a thing of that kind (of any where it is None), and of which type."""
        found: list[tuple[language.FieldNode, Any]] = []
        for one in chosen.selections if chosen else ():
            if isinstance(one, language.FieldNode):
                found.append((one, None))
                continue
            part = asked.fragments[one.name.value] if isinstance(one, language.FragmentSpreadNode) else one
            condition = part.type_condition.name.value
            if kind is None or kind == condition:
                inside = SCHEMA.type_map[condition]
                found += [(field, own or inside) for field, own in self._fields(asked, part.selection_set, kind)]
        return found

    def _shown(self, asked: Question, field: language.FieldNode, value: Any) -> Any:
        if value is None or field.selection_set is None:
            return value
        arguments = _arguments(field, asked)
        chosen = {one.name.value for one, _ in self._fields(asked, field.selection_set, None)}
        if isinstance(value, list) and chosen & {"nodes", "pageInfo"}:
            value = connection(value, arguments)
        if isinstance(value, list):
            return [self._object(asked, field, one) for one in value[: arguments.get("first", len(value))]]
        return self._object(asked, field, value)

    def _object(self, asked: Question, field: language.FieldNode, node: Any) -> Any:
        if node is None:
            return None
        kind = node.get("__typename")
        return {
            _name(one): self._shown(asked, one, node[one.name.value])
            for one, _ in self._fields(asked, field.selection_set, kind)
        }


def connection(rows: list[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of a list, after a cursor; cursors are the ids of what comes before."""
    begin = 0
    if after := arguments.get("after"):
        before = base64.b64decode(after).decode()
        begin = next((at for at, row in enumerate(rows, 1) if row["id"] == before), 0)
    part = rows[begin : begin + arguments["first"]]
    last = part[-1].get("id", "") if part else ""
    return {
        "nodes": part,
        "pageInfo": {
            "hasNextPage": begin + len(part) < len(rows),
            "endCursor": base64.b64encode(last.encode()).decode() if part else None,
        },
    }


def directive(field: language.FieldNode, name: str, variables: Mapping[str, Any]) -> Any:
    """Return the key of a directive, None where it is not there."""
    for one in field.directives or ():
        if one.name.value == name and one.arguments:
            return graphql.value_from_ast_untyped(one.arguments[0].value, dict(variables))
    return None


def _arguments(field: language.FieldNode, asked: Question) -> dict[str, Any]:
    found = {}
    for one in field.arguments or ():
        if isinstance(one.value, language.VariableNode) and one.value.name.value not in asked.variables:
            continue
        found[one.name.value] = graphql.value_from_ast_untyped(one.value, asked.variables)
    if key := directive(field, "idempotent", asked.variables):
        found["@idempotent"] = key
    return {name: value for name, value in found.items() if value is not None}


def _name(field: language.FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value
