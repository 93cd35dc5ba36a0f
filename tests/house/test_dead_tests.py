"""A function in tests/ that takes fixtures is a test or a fixture: one that lost its "test_" would never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
PROVIDED_BY_PYTEST = {"monkeypatch", "tmp_path", "tmp_path_factory", "capsys", "caplog", "request", "recwarn"}


def functions(source: str) -> Iterator[ast.FunctionDef]:
    """The functions and methods of a module that pytest could collect, those inside functions left out."""
    module = ast.parse(source)
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    for body in [module.body, *(node.body for node in classes)]:
        yield from (node for node in body if isinstance(node, ast.FunctionDef))


def is_fixture(function: ast.FunctionDef) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)


def dead(source: str, fixtures: set[str]) -> list[str]:
    """Functions that nobody in their module uses, and whose arguments are all fixtures, at least one."""
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    found: list[str] = []
    for function in functions(source):
        arguments = {argument.arg for argument in function.args.args if argument.arg != "self"}
        is_collected = function.name.startswith(("test_", "pytest_", "__")) or is_fixture(function)
        if arguments and arguments <= fixtures and not is_collected and function.name not in used:
            found.append(function.name)
    return found


def sources() -> dict[str, str]:
    return {path.relative_to(TESTS).as_posix(): path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py")}


def test_every_function_that_takes_fixtures_is_collected() -> None:
    texts = sources()
    fixtures = PROVIDED_BY_PYTEST | {one.name for text in texts.values() for one in functions(text) if is_fixture(one)}
    files_of_tests = {name: text for name, text in texts.items() if Path(name).name.startswith("test_")}
    assert {name: found for name, text in files_of_tests.items() if (found := dead(text, fixtures))} == {}


def test_every_file_with_tests_is_collected() -> None:
    misnamed = [
        name
        for name, text in sources().items()
        if not Path(name).name.startswith("test_") and any(one.name.startswith("test_") for one in functions(text))
    ]
    assert misnamed == []


def test_a_test_that_lost_its_name_is_found() -> None:
    source = "def cancelling_frees_the_slot(session): ...\n"
    assert dead(source, {"session"}) == ["cancelling_frees_the_slot"]


def test_helpers_tests_and_fixtures_are_left_alone() -> None:
    source = (
        "import pytest\n"
        "@pytest.fixture\n"
        "def visit(session): ...\n"
        "def helper(session): ...\n"
        "def other(session, number): ...\n"
        "def test_it(session): helper(session)\n"
    )
    assert dead(source, {"session"}) == []
