"""Message templates: compiled, looked over when they are saved, and filled in for recipients.

What they are held to stands in `template_bounds`, their languages in `liquid_templates` and `django_templates`.
"""

import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.delivery.django_templates import DjangoText
from campaigns.delivery.liquid_templates import LiquidText
from campaigns.delivery.template_bounds import OF_CUSTOMERS, OF_MESSAGES, BadTemplateError, CompiledText, one_message
from campaigns.models.message_template import MAXIMUM_TEMPLATE, TemplateLanguage
from customers.errors import DomainError, ErrorCollector

LANGUAGES: Mapping[str, Callable[..., CompiledText]] = {
    TemplateLanguage.LIQUID: LiquidText,
    TemplateLanguage.DJANGO: DjangoText,
}
# How much of a fault is shown.
SHOWN = 40
SPACES = re.compile(r"\s+")
# What was meant to be an expression, a tag or a comment, and is none: it would be sent as it is.
_NAME = r"(?:customer\.|message\.|unsubscribe_url\b)"
_NAMED = rf"\{{\s*{_NAME}|{_NAME}[^{{}}<>]{{0,100}}\}}"
SIGNS = re.compile(rf"\{{[{{%#]|[}}%#]\}}|{_NAMED}")
# In HTML some of these are CSS (`@media{#a{…}}`, `{width:100%}`), so there only what nothing else can be.
SIGNS_IN_HTML = re.compile(rf"\{{[{{%]|\{{#\s|{_NAMED}")


@dataclass(frozen=True)
class Rendered:
    """What a message says to one recipient."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class CompiledTemplate:
    """A message's texts, ready to be rendered for many recipients."""

    subject: CompiledText
    text: CompiledText
    html: CompiledText | None

    def render(
        self, *, customer: Mapping[str, object], message: Mapping[str, object], unsubscribe_url: str = ""
    ) -> Rendered:
        """Fill in plain values: texts, numbers, yes or no. A hyphen in a name is written as an underscore.

        TooMuchError where that becomes more than a message may be.
        """
        values = {"customer": _plain(customer), "message": _plain(message), "unsubscribe_url": unsubscribe_url}
        with one_message():
            html = self.html.render(values) if self.html else ""
            # A header has one line.
            return Rendered(" ".join(self.subject.render(values).split()), self.text.render(values), html)

    def refuse_faults(self, attributes: Collection[str]) -> None:
        """DomainError for what compiles and can't be meant: names that stand for nothing, filters' arguments that don't
        work, braces without their counterparts. `attributes` are the schema's, with underscores.
        """
        known = {"customer": OF_CUSTOMERS | set(attributes), "message": OF_MESSAGES}
        collector = ErrorCollector()
        for part, template in {"subject": self.subject, "text": self.text, "html": self.html}.items():
            for sentence in _faults(template, known, SIGNS_IN_HTML if part == "html" else SIGNS) if template else ():
                collector.add(part, sentence)
        collector.raise_if_any()


def _faults(template: CompiledText, known: Mapping[str, Collection[str]], signs: re.Pattern[str]) -> Iterator[str]:
    for root, member in sorted(template.members):
        if member not in known[root]:
            yield f"There is no {root}.{member}."
    yield from template.troubles
    for text in template.texts:
        found = signs.search(text)
        if found:
            shown = SPACES.sub(" ", text[found.start() : found.start() + SHOWN])
            yield f"This would be sent as it is, its braces don't match: {shown} (meant so: {template.verbatim})"


def compile_template(*, language: str, subject: str, text: str, html: str) -> CompiledTemplate:
    """Compile a message's texts; DomainError names those that the language refuses, with the reason."""
    return _compile(language, subject, text, html)


def language_of(*, preferred: str, subject: str, text: str, html: str) -> str:
    """The language that these texts are written in: the preferred one unless they only compile in another."""
    for language in (preferred, *LANGUAGES):
        try:
            _compile(language, subject, text, html)
        except DomainError:
            continue
        return language
    return preferred


@functools.lru_cache(maxsize=256)
def _compile(language: str, subject: str, text: str, html: str) -> CompiledTemplate:
    collector = ErrorCollector()
    compiled: dict[str, CompiledText] = {}
    for name, source in {"subject": subject, "text": text, "html": html}.items():
        try:
            compiled[name] = _compile_text(language, source, is_html=name == "html")
        except BadTemplateError as error:
            collector.add(name, str(error))
        except RecursionError:
            collector.add(name, "An expression is too deep.")
    collector.raise_if_any()
    return CompiledTemplate(compiled["subject"], compiled["text"], compiled["html"] if html else None)


def _compile_text(language: str, source: str, *, is_html: bool) -> CompiledText:
    if len(source) > MAXIMUM_TEMPLATE:
        raise BadTemplateError(f"A template has at most {MAXIMUM_TEMPLATE} characters.")
    return LANGUAGES[language](source, is_html=is_html)


def _plain(values: Mapping[str, object]) -> dict[str, Any]:
    """Only what is plain is handed to a template."""
    return {
        name.replace("-", "_"): value if isinstance(value, str | int | bool) else str(value)
        for name, value in values.items()
        if value is not None
    }
