"""The language of message templates: Django's, without everything that could read, run or blow up something.

Operators write templates and customers' attributes fill them, so neither is trusted with more than text:
- no loaders, no libraries, and only the tags and filters of TAGS and FILTERS (no include, load, for, safe, add…);
- only the names of NAMES can be written; each is a text or a plain mapping of texts, so nothing can be climbed into;
- texts from outside are escaped in HTML; nothing switches that off;
- a template is at most MAXIMUM_TEMPLATE characters, and what is rendered stays in proportion, as nothing repeats.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.template import Context, Engine, Library, Template, TemplateSyntaxError
from django.template import defaultfilters as filters
from django.template import defaulttags as tags
from django.template.base import FilterExpression, Lexer, NodeList, Parser, Variable

from campaigns.models.message_template import MAXIMUM_TEMPLATE
from customers.errors import Refusals

# What a template may name: a text, or a mapping whose members are named after a dot.
NAMES: Mapping[str, bool] = {"customer": True, "message": True, "unsubscribe_url": False}
TAGS = ("if", "comment", "firstof", "templatetag", "verbatim")
FILTERS = (
    *("capfirst", "cut", "default", "default_if_none", "escape", "length", "linebreaks", "linebreaksbr", "lower"),
    *("pluralize", "slugify", "striptags", "title", "truncatechars", "truncatewords", "upper", "urlencode", "yesno"),
)
MAXIMUM_DEPTH = 20
# A sentence of Django's about a filter or tag that isn't there names the builtins; it is told shorter.
SPACES = re.compile(r"\s+")

register = Library()
register.tags.update({_name: tags.register.tags[_name] for _name in TAGS})
register.filters.update({_name: filters.register.filters[_name] for _name in FILTERS})


class _Engine(Engine):
    default_builtins = ["campaigns.delivery.templates"]


class _Parser(Parser):
    """Checks every expression as it is compiled, wherever it stands: in a variable, a tag or a filter's argument."""

    depth = 0

    def parse(self, parse_until: Iterable[str] | None = None) -> NodeList:
        """Every tag that has an inside comes through here; each level costs several of Python's stack."""
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise TemplateSyntaxError(f"Tags stand at most {MAXIMUM_DEPTH} deep in each other.")
        nodes = super().parse(parse_until)
        self.depth -= 1
        return nodes

    def compile_filter(self, token: str) -> FilterExpression:
        expression = super().compile_filter(token)
        arguments = [value for given in expression.filters for looks_up, value in given[1] if looks_up]
        for variable in (expression.var, *arguments):
            if isinstance(variable, Variable) and variable.lookups is not None:
                _check_name(variable)
        return expression


class _Template(Template):
    def compile_nodelist(self) -> NodeList:
        tokens = Lexer(self.source).tokenize()
        parser = _Parser(tokens, self.engine.template_libraries, self.engine.template_builtins, self.origin)
        return parser.parse()


def _check_name(variable: Variable) -> None:
    """Refuse any name but those of NAMES; nothing is looked up in what they hold."""
    root, *members = variable.lookups or ("",)
    if variable.translate or root not in NAMES or len(members) != NAMES[root]:
        raise TemplateSyntaxError(f"{variable.var} is no name a template knows.")


class _Texts(dict[str, Any]):
    """A mapping without anything else to find in it: what is missing is the empty text."""

    def __missing__(self, key: str) -> str:
        return ""


@dataclass(frozen=True)
class Rendered:
    """What a message says to one recipient."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class CompiledTemplate:
    """A message's texts, ready to be rendered for many recipients."""

    subject: Template
    text: Template
    html: Template | None

    def render(self, *, customer: Mapping[str, Any], message: Mapping[str, Any], unsubscribe_url: str = "") -> Rendered:
        """Fill in plain values: texts, numbers, yes or no. A hyphen in a name is written as an underscore."""
        values = {"customer": _texts(customer), "message": _texts(message), "unsubscribe_url": unsubscribe_url}
        plain = Context(values, autoescape=False)
        html = self.html.render(Context(values, autoescape=True)) if self.html else ""
        # A header has one line.
        return Rendered(" ".join(self.subject.render(plain).split()), self.text.render(plain), html)


def compile_template(*, subject: str, text: str, html: str) -> CompiledTemplate:
    """Compile a message's texts; DomainError names those that the language refuses, with the reason."""
    return _compile(subject, text, html)


@functools.lru_cache(maxsize=256)
def _compile(subject: str, text: str, html: str) -> CompiledTemplate:
    refusals = Refusals()
    compiled: dict[str, Template] = {}
    for name, source in {"subject": subject, "text": text, "html": html}.items():
        try:
            compiled[name] = _compile_text(source)
        except TemplateSyntaxError as error:
            refusals.refuse(name, SPACES.sub(" ", str(error)).partition(". Did you forget")[0])
        except RecursionError:
            refusals.refuse(name, "An expression is too deep.")
    refusals.raise_any()
    return CompiledTemplate(compiled["subject"], compiled["text"], compiled["html"] if html else None)


def _compile_text(source: str) -> Template:
    if len(source) > MAXIMUM_TEMPLATE:
        raise TemplateSyntaxError(f"A template has at most {MAXIMUM_TEMPLATE} characters.")
    return _Template(source, engine=_engine())


@functools.cache
def _engine() -> Engine:
    return _Engine(libraries={}, loaders=[], autoescape=True, string_if_invalid="")


def _texts(values: Mapping[str, Any]) -> _Texts:
    """Only what is plain is handed to a template."""
    return _Texts(
        (name.replace("-", "_"), value if isinstance(value, str | int | bool) else str(value))
        for name, value in values.items()
        if value is not None
    )
