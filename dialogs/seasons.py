"""Services of a season: outside it the opening date, the reminder list, registering before, or a person."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from dialogs import buttons
from dialogs.flow import Flow
from dialogs.values import Choice, RemindSeason, SeasonView

if TYPE_CHECKING:
    from dialogs.step import Talk

REMIND, EARLY = "remind", "early"
KIND: Final = "season"


def closed(talk: "Talk", flow: Flow) -> "Talk | None":
    """Say when the season opens and what can be done until then; None while it is open."""
    season = _season(talk, flow)
    if season is None or season.open or _registers_early(talk, flow):
        return None
    say = talk.replies
    choices = [Choice(say("button_season_remind"), buttons.make(KIND, flow.flow, REMIND))]
    if flow.early is not None:
        choices.append(Choice(say("button_season_early"), buttons.make(KIND, flow.flow, EARLY)))
    choices.append(Choice(say("button_human"), buttons.make("go", "human")))
    assert flow.off_season is not None
    text = flow.off_season.strip().format(opens=day_text(talk, season))
    return talk.say(f"{text}\n{say('season_note')}", *choices).ask_again()


def _season(talk: "Talk", flow: Flow) -> SeasonView | None:
    return talk.facts.seasons.get(flow.season) if flow.season is not None else None


def _registers_early(talk: "Talk", flow: Flow) -> bool:
    early = buttons.make(KIND, flow.flow, EARLY)
    return flow.early is not None and talk.heard.payload == early


def beginning(talk: "Talk", flow: Flow) -> str:
    """Return the first words of a service; other ones for who registers before the season."""
    season = _season(talk, flow)
    if flow.early is None or season is None or season.open:
        return flow.begin.strip()
    return flow.early.strip().format(opens=day_text(talk, season))


def day_text(talk: "Talk", season: SeasonView) -> str:
    """Return the opening day as it is read; the year where it is another one."""
    same = season.opens.year == talk.facts.today.year
    key = "season_day" if same else "season_day_with_year"
    return talk.replies(key, year=season.opens.year, month=season.opens.month, day=season.opens.day)


def pressed(talk: "Talk", name: str, action: str, begin: Callable[["Talk", Flow], "Talk"]) -> "Talk":
    """Put the person on the list, or begin; once the season is open, every old button begins."""
    flow = talk.flows.get(name)
    season = _season(talk, flow) if flow is not None else None
    if flow is None or season is None:
        return talk.say_key("old_button").ask_again()
    if season.open or action == EARLY:
        return begin(talk, flow)
    off = Choice(talk.replies("button_reminders_off"), buttons.make("remind", "off"))
    told = talk.do(RemindSeason(season.key, season.opens)).say_key(
        "season_reminded", off, title=flow.title, opens=day_text(talk, season)
    )
    return told.ask_again()
