"""What search found, as the dialogs see it."""

from dialogs.values import Answer, LawText
from knowledge.search import Hit
from knowledge.statute_search import FoundArticle
from knowledge.statutes import basis_line, in_force_title


def answer_of(hit: Hit) -> Answer:
    """Return the dialog's view of a search hit."""
    return Answer(hit.faq_id, hit.intent, hit.question, hit.answer, hit.more, hit.basis, hit.score)


def law_text_of(article: FoundArticle) -> LawText:
    """Return the dialog's view of an article."""
    return LawText(article.key, article.citation.title, in_force_title(article.citation), article.text)


def whole_text_of(article: FoundArticle) -> Answer:
    """Return the whole article as what a button unfolds."""
    title = article.citation.title
    basis = basis_line([article.citation])
    return Answer(article.key, "", title, article.text, f"{title}\n{article.text}", basis, article.score)
