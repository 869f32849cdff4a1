"""Which of several flows serves an intent: the one whose own words were said, else the one that needs none."""

from collections.abc import Iterable

from dialogs.flow import Flow


def choose(flows: Iterable[Flow], intent: str | None, *texts: str) -> Flow | None:
    """Return the flow for this intent. The first text that names a flow by its words decides.

    Without such words it is the primary flow, never one that waits for words of its own.
    """
    serving = [flow for flow in flows if intent in flow.intents]
    for text in texts:
        named = [(weight, flow) for flow in serving if (weight := _weight(flow, text)) > 0]
        if named:
            return max(named, key=lambda pair: pair[0])[1]
    return next((flow for flow in serving if not flow.words), None)


def _weight(flow: Flow, text: str) -> int:
    """Characters of the flow's words that the text holds; a word within a longer one counts once."""
    said = [word for word in flow.words if word in text]
    return sum(len(word) for word in said if not any(word != other and word in other for other in said))
