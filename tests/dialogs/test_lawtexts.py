from hypothesis import given
from hypothesis import strategies as st

from dialogs.lawtexts import SHOWN_CHARACTERS, shortened
from dialogs.values import Answers, LawText, LogMiss
from tests.dialogs.test_engine import State, begin, effects_of, labels, say, text_of

SHORT = LawText("law.1", "《某法》第一条", "《某法》第一条（2020-01-01起施行）", "短的一条。")
LONG = LawText("law.2", "《某法》第二条", "《某法》第二条", "（一）很长的一条；\n" * 30)
THIRD = LawText("law.3", "《某法》第三条", "《某法》第三条", "第三条的话。")


def test_two_articles_are_named_and_a_cut_one_can_be_unfolded() -> None:
    step = say(State(), "怎么办", "leave", Answers(laws=(SHORT, LONG, THIRD)))
    assert "《某法》第一条（2020-01-01起施行）：短的一条。" in text_of(step)
    assert "第三条的话" not in text_of(step)
    assert [label for label in labels(step) if label.startswith("展开")] == ["展开《某法》第二条"]
    assert "找工会的人" in labels(step)
    assert effects_of(step, LogMiss)[0].reason == "no_answer"


def test_without_articles_the_reply_is_as_before() -> None:
    assert "没有把握" in text_of(say(State(), "怎么办", "leave", Answers()))


def test_in_the_middle_of_a_form_the_short_reply_stays() -> None:
    step = say(begin(), "哺乳假怎么算", "leave", Answers(laws=(SHORT,)))
    assert "《某法》" not in text_of(step)
    assert step.state.frame is not None


@given(st.text(alphabet="甲乙；。，\n（一）", max_size=400))
def test_a_cut_text_is_short_and_begins_like_the_whole(text: str) -> None:
    cut = shortened(text)
    whole = "".join(line.strip() for line in text.splitlines())
    assert len(cut) <= SHOWN_CHARACTERS
    assert cut == whole or (cut.endswith("…") and whole.startswith(cut[:-1]))
