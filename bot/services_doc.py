"""docs/services.md: what every service asks, wants and tells, written from the flows themselves."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from bot.config import SeasonSettings
from dialogs.flow import Condition, Flow, SlotStep, load_flows
from knowledge.content import CONTENT_FOLDER
from tickets.catalogue import catalogue

ROOT: Final = Path(__file__).resolve().parent.parent
FILE: Final = ROOT / "docs" / "services.md"
FLOWS: Final = ROOT / "dialogs" / "flows"


@cache
def words() -> dict[str, Any]:
    """Return the fixed words of the page."""
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    return loaded


def page(flows: Mapping[str, Flow], seasons: SeasonSettings) -> str:
    """Return the page: an overview with a row for each service, then its papers and messages."""
    services = [flow for flow in flows.values() if flow.kind == "service"]
    groups = list(words()["groups"])
    services.sort(key=lambda flow: (groups.index(flow.group), flow.flow))
    head = words()["columns"]
    rows = [_row(flow, seasons) for flow in services]
    table = [_cells(head), _cells(["---"] * len(head)), *(_cells(row) for row in rows)]
    parts = [words()["introduction"].strip(), "\n".join(table), *(_section(flow) for flow in services)]
    return "\n\n".join(parts) + "\n"


def _cells(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", "<br>") for cell in cells) + " |"


def _row(flow: Flow, seasons: SeasonSettings) -> list[str]:
    category = catalogue().category(flow.category)
    return [
        f"[{flow.title}](#{flow.flow})",
        _said(flow),
        words()["comma"].join(step.label for step in flow.slots.values()),
        words()["comma"].join(paper.label for paper in flow.papers) or words()["none"],
        words()["comma"].join(words()["outcomes"][kind] for kind, _ in _told(flow)),
        f"{category.label}（{flow.category}）",
        _basis(flow),
        _season(flow, seasons),
    ]


def _said(flow: Flow) -> str:
    """The first words of the first example; where it begins with a button, the button."""
    for line in flow.examples[0].lines if flow.examples else ():
        if line.say or line.press:
            return line.say or f"【{line.press}】"
    return ""


@cache
def _laws() -> dict[str, str]:
    raw = yaml.safe_load((CONTENT_FOLDER / "laws.yml").read_text(encoding="utf-8"))
    listed = raw if isinstance(raw, list) else raw["laws"]
    return {one["name"]: one["title"] for one in listed}


def _basis(flow: Flow) -> str:
    if not flow.basis:
        return str(words()["none"])
    pattern = words()["article"]
    return "<br>".join(
        pattern.format(law=_laws().get(one.law, one.law), number=one.article) for one in flow.basis
    )


def _season(flow: Flow, seasons: SeasonSettings) -> str:
    if flow.season is None:
        return str(words()["all_year"])
    windows = getattr(seasons, flow.season)
    told = [
        words()["window"].format(name=one.name, begins=one.begins, ends=one.ends).strip() for one in windows
    ]
    return "<br>".join([*told, words()["by_notice"]])


def _told(flow: Flow) -> list[tuple[str, str]]:
    return [(kind, text) for kind, text in flow.outcomes.model_dump().items() if text]


def _section(flow: Flow) -> str:
    said = words()["section"]
    lines = [f'## <a id="{flow.flow}"></a>{flow.title}', flow.note or ""]
    fields = [
        said["field"].format(slot=slot, label=step.label, more=_more(step))
        for slot, step in flow.slots.items()
    ]
    papers = [
        said["paper"]
        .format(
            label=paper.label,
            optional="" if paper.required else said["optional"],
            when=_when(flow, paper.when),
            hint=f"{paper.hint}" if paper.hint else "",
        )
        .rstrip("：")
        for paper in flow.papers
    ]
    told = [
        said["message"].format(kind=words()["outcomes"][kind], text=text.strip().replace("\n", "<br>"))
        for kind, text in _told(flow)
    ]
    for title, listed in (("fields", fields), ("papers", papers), ("messages", told)):
        if listed:
            lines.append(f"{said[title]}\n\n" + "\n".join(listed))
    if flow.off_season:
        lines.append(said["off_season"].format(text=flow.off_season.strip().replace("\n", "<br>")))
    return "\n\n".join(line for line in lines if line)


def _more(step: SlotStep) -> str:
    said = words()["section"]
    marks = [said["skippable"]] if step.optional else []
    marks += [said["protected"]] if step.sensitive else []
    marks += [said["conditional"]] if step.when else []
    return f"（{words()['comma'].join(marks)}）" if marks else ""


def _when(flow: Flow, conditions: list[Condition]) -> str:
    """Say on which answers a paper depends, by the labels of the questions."""
    names = [name for condition in conditions for name in condition]
    labels = [
        flow.slots[name].label if name in flow.slots else words()["told"] for name in dict.fromkeys(names)
    ]
    return (
        words()["section"]["when"].format(labels=words()["comma"].join(dict.fromkeys(labels)))
        if labels
        else ""
    )


def shipped() -> str:
    """Return the page of the flows as they are."""
    return page(load_flows(FLOWS), SeasonSettings())


def stale(file: Path = FILE) -> bool:
    """Tell whether the file does not say what the flows say."""
    return not file.exists() or file.read_text(encoding="utf-8") != shipped()
