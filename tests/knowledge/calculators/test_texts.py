"""Modules and their texts fit together: keys, places in sentences, fields, statutes."""

import ast
import inspect
import re
import string
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml

from knowledge.calculators import wording
from knowledge.calculators.registry import CALCULATORS, CalculatorSpec
from knowledge.content import load_statutes
from knowledge.errors import ContentError
from knowledge.laws import law_files, read_law
from tests.beside import LAW_TEXTS

SPECS = pytest.mark.parametrize("spec", CALCULATORS.values(), ids=CALCULATORS)
GROUPS = {"Step": "steps", "Note": "notes"}


class Used(ast.NodeVisitor):
    """What a module's source names: sentences by group, the values beside them, articles, all strings."""

    def __init__(self, source: str, known: dict[str, Any]) -> None:
        self.keys: dict[str, set[str]] = {
            "steps": set(),
            "notes": set(),
            "problems": set(),
            "headline": set(),
        }
        self.values: list[tuple[str, str, set[str]]] = []
        self.articles: set[tuple[str, int]] = set()
        self.strings: set[str] = set()
        self.patterns: set[str] = set()
        self.known = known
        self.visit(ast.parse(source))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.strings.add(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A key put together (medical_subsidy + _unknown) stands for all that have its fixed part."""
        parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        if any(part and len(str(part)) > 3 for part in parts):
            self.patterns.add("".join(r"\w+" if part is None else re.escape(str(part)) for part in parts))

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in GROUPS:
            keys = literals(node.args[0])
            self.keys[GROUPS[name]] |= keys
            given = node.args[1] if len(node.args) > 1 else None
            if isinstance(given, ast.Dict) and all(isinstance(key, ast.Constant) for key in given.keys):
                names = {key.value for key in given.keys if isinstance(key, ast.Constant)}
                self.values.extend((GROUPS[name], key, names) for key in keys)
        elif name == "InvalidInputError" and len(node.args) > 1:
            self.keys["problems"] |= literals(node.args[1])
        elif name == "Calculation":
            self.keys["headline"] |= literals(node.args[1])
        elif name == "Article" and len(node.args) == 2:
            self.articles.add((self.constant(node.args[0]), self.constant(node.args[1])))
        self.generic_visit(node)

    def constant(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        return self.known.get(node.id) if isinstance(node, ast.Name) else None


def literals(node: ast.expr) -> set[str]:
    """The strings that an expression may be; nothing for a variable."""
    if isinstance(node, ast.IfExp):
        return literals(node.body) | literals(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def used_by(spec: CalculatorSpec) -> Used:
    """What the calculator's own module names."""
    module = sys.modules[spec.calculate.__module__]
    return Used(inspect.getsource(module), vars(module))


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def sources(spec: CalculatorSpec) -> list[Used]:
    """The calculator's module and the modules beside it that it uses, which may name sentences too."""
    module = sys.modules[spec.calculate.__module__]
    names = {getattr(value, "__module__", "") or "" for value in vars(module).values()} | {module.__name__}
    modules = [sys.modules[name] for name in names if name.startswith("knowledge.calculators.")]
    return [Used(inspect.getsource(other), vars(other)) for other in modules]


@SPECS
def test_every_sentence_that_the_module_names_exists(spec: CalculatorSpec) -> None:
    shared = set(wording.common().problems)
    missing = {
        (group, key)
        for group, keys in used_by(spec).keys.items()
        for key in keys
        if key not in getattr(spec.wording, group) and not (group == "problems" and key in shared)
    }
    assert missing == set()


@SPECS
def test_no_sentence_is_left_over(spec: CalculatorSpec) -> None:
    used = sources(spec)
    strings = set().union(*(one.strings for one in used))
    patterns = set().union(*(one.patterns for one in used))
    left_over = [
        (group, key)
        for group in ("headline", "steps", "notes", "problems")
        for key in getattr(spec.wording, group)
        if key not in strings and not any(re.fullmatch(pattern, key) for pattern in patterns)
    ]
    assert left_over == []


@SPECS
def test_values_written_beside_a_sentence_fill_all_its_places(spec: CalculatorSpec) -> None:
    open_ = {
        (group, key, place)
        for group, key, names in used_by(spec).values
        for place in places(getattr(spec.wording, group)[key]) - names
    }
    assert open_ == set()


@SPECS
def test_fields_and_inputs_are_the_same(spec: CalculatorSpec) -> None:
    inputs = {field.name: field for field in fields(spec.inputs)}
    assert set(spec.wording.field) == set(inputs) - {"today"}
    for field in spec.wording.fields:
        source = inputs[field.name]
        has_default = source.default is not MISSING or source.default_factory is not MISSING
        assert has_default or (field.required and not field.when), f"{field.name} would be missing"


@SPECS
def test_choices_of_the_form_are_those_of_the_input(spec: CalculatorSpec) -> None:
    hints = get_type_hints(spec.inputs)
    for field in spec.wording.fields:
        if field.kind == "choice":
            kinds = [
                kind
                for kind in (hints[field.name], *get_args(hints[field.name]))
                if hasattr(kind, "__members__")
            ]
            offered = {choice.value for choice in field.choices}
            assert not kinds or offered <= {member.value for member in kinds[0]}, field.name


@SPECS
def test_answers_to_a_choice_mean_one_thing(spec: CalculatorSpec) -> None:
    for field in spec.wording.fields:
        said = [word for choice in field.choices for word in {choice.value, choice.label, *choice.words}]
        assert len(said) == len(set(said)), field.name


@SPECS
def test_every_article_is_in_the_catalogue_of_laws(spec: CalculatorSpec) -> None:
    statutes = load_statutes()
    cited = used_by(spec).articles
    assert {law for law, _ in cited if law is not None} <= set(statutes)
    assert [law for law, _ in cited if law and statutes[law].repealed] == []


@pytest.mark.shared
def test_every_article_exists_in_the_law_library() -> None:
    by_file = {statute.file: statute for statute in load_statutes().values() if statute.file}
    files = [file for file in law_files(LAW_TEXTS) if not file.stem.startswith("PARTIAL-")]
    library = {law.name: law.articles for law in (read_law(f, by_file.get(f.stem)) for f in files)}
    cited = set().union(*(used_by(spec).articles for spec in CALCULATORS.values()))
    assert len(cited) > 40
    assert [a for a in cited if a[0] in library and a[1] is not None and a[1] not in library[a[0]]] == []


def test_every_text_belongs_to_a_calculator() -> None:
    assert {file.stem for file in wording.TEXTS_FOLDER.glob("*.yml")} == set(CALCULATORS)


GOOD: dict[str, Any] = {
    "title": "标题",
    "intro": "说明。",
    "fields": [{"name": "wage", "kind": "money", "label": "工资", "ask": "多少？"}],
    "headline": {"done": "好了。"},
    "steps": {},
    "notes": {},
}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"titel": "写错的键"}, r"x\.yml: titel"),
        (
            {"fields": [{"name": "wage", "kind": "coins", "label": "工资", "ask": "多少？"}]},
            r"x\.yml: fields\.0\.kind",
        ),
        (
            {"fields": [{"name": "why", "kind": "choice", "label": "原因", "ask": "为什么？"}]},
            r"field why: a choice",
        ),
        ({"fields": GOOD["fields"] * 2}, "same name"),
        ({"fields": [{**GOOD["fields"][0], "when": {"later": ["yes"]}}]}, "not asked before it"),
        ({"headline": {"done": ""}}, r"x\.yml: headline\.done"),
    ],
)
def test_a_mistake_in_a_text_is_named_with_file_and_key(
    tmp_path: Path, wrong: dict[str, Any], message: str
) -> None:
    (tmp_path / "x.yml").write_text(yaml.safe_dump(GOOD, allow_unicode=True), encoding="utf-8")
    assert wording.load_wording("x", tmp_path).title == "标题"
    (tmp_path / "x.yml").write_text(yaml.safe_dump(GOOD | wrong, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ContentError, match=message):
        wording.load_wording("x", tmp_path)


def test_broken_yaml_is_an_error_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("title: [", encoding="utf-8")
    with pytest.raises(ContentError, match=r"x\.yml: not valid YAML"):
        wording.load_wording("x", tmp_path)
