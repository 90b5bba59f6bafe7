"""The API as its own description says: whatever fits it, or just doesn't, is answered as it documents.

Driven by schemathesis from the served openapi.json, every operation; a handful of requests each in `make test`, many in
`make torture`. Two of its checks don't apply: that whatever fits the schema is accepted (a query may have few enough characters
and too many words), and that whatever doesn't is refused by the same rules (an address has no types: "1" is a number and a text).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from searchapp.web.openapi import document

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
OPERATIONS = [path for path, methods in document("The Ridge Archive")["paths"].items() if "get" in methods]


@pytest.fixture(scope="module")
def schema(app: Flask) -> Any:
    def closing(environ: Any, start_response: Any) -> list[bytes]:
        """As a server does: an answer is read to its end and closed."""
        answer = app(environ, start_response)
        try:
            return list(answer)
        finally:
            answer.close()  # type: ignore[attr-defined]

    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", closing)


def fuzzed(schema: Any, path: str, examples: int) -> dict[int, int]:
    """How often each status was answered."""
    statuses: dict[int, int] = {}
    operation = schema[path]["GET"]
    modes = [schemathesis.GenerationMode.POSITIVE]
    if has_query(path):
        modes.append(schemathesis.GenerationMode.NEGATIVE)
    for mode in modes:

        @seed(int(os.environ["TORTURE_SEED"]))
        @settings(
            max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def run(case: Any) -> None:
            response = case.call_and_validate(checks=CHECKS)
            statuses[response.status_code] = statuses.get(response.status_code, 0) + 1

        run()
    return statuses


def has_query(path: str) -> bool:
    parameters = document("The Ridge Archive")["paths"][path]["get"]["parameters"]
    return any(parameter["in"] == "query" for parameter in parameters)


@pytest.mark.parametrize("path", OPERATIONS)
def test_every_operation_keeps_to_its_description(schema: Any, path: str) -> None:
    statuses = fuzzed(schema, path, 12)
    assert all(status < 500 for status in statuses)


@pytest.mark.torture
@pytest.mark.parametrize("path", OPERATIONS)
def test_every_operation_keeps_to_its_description_always(schema: Any, path: str, tally: Callable[[str, int, str], None]) -> None:
    statuses = fuzzed(schema, path, 700)
    assert all(status < 500 for status in statuses)
    told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    tally("the API by its OpenAPI document (schemathesis)", sum(statuses.values()), f"{path}: {told}")
