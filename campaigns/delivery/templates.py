"""The language of message templates: Django's, without everything that could read, run or blow up something.

Operators write templates and customers' attributes fill them, so neither is trusted with more than text:
- no loaders, no libraries, and only the tags and filters of TAGS and FILTERS (no include, load, for, safe, add…);
- only the names of NAMES can be written; each is a text or a plain mapping of texts, so nothing can be climbed into;
- texts from outside are escaped in HTML; nothing switches that off;
- a template is at most MAXIMUM_TEMPLATE characters, and an expression has at most MAXIMUM_FILTERS filters;
- what it becomes for one recipient has at most MAXIMUM_MESSAGE bytes and takes at most MAXIMUM_SECONDS of a processor:
  a value of 4 kB that is named a thousand times would be four megabytes.
"""

import functools
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.template import Context, Engine, Library, Template, TemplateSyntaxError
from django.template import defaultfilters as filters
from django.template import defaulttags as tags
from django.template.base import FilterExpression, Lexer, NodeList, Parser, TextNode, Variable
from django.utils.safestring import SafeString

from campaigns.models.message_template import MAXIMUM_TEMPLATE
from customers.errors import ErrorCollector

# What a template may name: a text, or a mapping whose members are named after a dot.
NAMES: Mapping[str, bool] = {"customer": True, "message": True, "unsubscribe_url": False}
# The members that are always there; a customer also has those of the schema.
OF_CUSTOMERS = frozenset({"external_id", "user_id"})
OF_MESSAGES = frozenset({"campaign", "creative", "offers", "description", "icon"})
TAGS = ("if", "comment", "firstof", "templatetag", "verbatim")
FILTERS = (
    *("capfirst", "cut", "default", "default_if_none", "escape", "length", "linebreaks", "linebreaksbr", "lower"),
    *("pluralize", "slugify", "striptags", "title", "truncatechars", "truncatewords", "upper", "urlencode", "yesno"),
)
MAXIMUM_DEPTH, MAXIMUM_FILTERS = 20, 10
MAXIMUM_MESSAGE, MAXIMUM_SECONDS = 1_000_000, 1.0
VERBATIM = ("endverbatim",)
# How much of a fault is shown.
SHOWN = 40
# The most that a filter may make of a value, so that the next one has no more to do.
MAXIMUM_VALUE = 65_536
# A sentence of Django's about a filter or tag that isn't there names the builtins; it is told shorter.
SPACES = re.compile(r"\s+")
# What was meant to be an expression, a tag or a comment, and is none: it would be sent as it is.
_NAME = r"(?:customer\.|message\.|unsubscribe_url\b)"
_NAMED = rf"\{{\s*{_NAME}|{_NAME}[^{{}}<>]{{0,100}}\}}"
SIGNS = re.compile(rf"\{{[{{%#]|[}}%#]\}}|{_NAMED}")
# In HTML some of these are CSS (`@media{#a{…}}`, `{width:100%}`), so there only what nothing else can be.
SIGNS_IN_HTML = re.compile(rf"\{{[{{%]|\{{#\s|{_NAMED}")


class TooMuchError(Exception):
    """What a template becomes for a recipient is more, or takes longer, than a message may."""


@dataclass
class _Allowance:
    """What is left for the message that this thread renders: bytes, and its processor's time (`time.thread_time`)."""

    left: int
    ends_at: float

    def spend(self, text: str) -> None:
        """Take off what was rendered."""
        self.left -= len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        if self.left < 0:
            raise TooMuchError(f"The message has more than {MAXIMUM_MESSAGE} bytes.")

    def look(self) -> None:
        """Whether there is time left."""
        if time.thread_time() > self.ends_at:
            raise TooMuchError(f"The message takes longer than {MAXIMUM_SECONDS:.0f} s to be made.")


_allowance: ContextVar[_Allowance] = ContextVar("allowance")


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that makes no more of a value than the next one can take."""

    @functools.wraps(function)
    def filtered(*arguments: Any, **options: Any) -> Any:
        value = function(*arguments, **options)
        if isinstance(value, str) and len(value) > MAXIMUM_VALUE:
            raise TooMuchError(f"A value becomes longer than {MAXIMUM_VALUE} characters.")
        _allowance.get().look()
        return value

    return filtered


register = Library()
register.tags.update({_name: tags.register.tags[_name] for _name in TAGS})
register.filters.update({_name: _bounded(filters.register.filters[_name]) for _name in FILTERS})


class _Engine(Engine):
    default_builtins = ["campaigns.delivery.templates"]


class _Nodes(NodeList):
    """Parts of a template, each of which takes off the message's allowance what it renders."""

    def render(self, context: Context) -> SafeString:
        """The parts one after the other."""
        return SafeString("".join(self._parts(context)))

    def _parts(self, context: Context) -> Iterator[str]:
        allowance = _allowance.get()
        for node in self:
            text = str(node.render_annotated(context))
            # What stands inside of others has been taken off there; conditions take nobody's errors, so ask again.
            if not any(getattr(node, name, None) for name in node.child_nodelists):
                allowance.spend(text)
            allowance.look()
            yield text


class _Parser(Parser):
    """Checks every expression as it is compiled, wherever it stands: in a variable, a tag or a filter's argument.

    `members` are the names that stand after a dot, each with what it is a member of; `texts` what is sent as it is,
    except what is said to be (`verbatim`); `troubles` sentences about filters' arguments that can't work.
    """

    depth = 0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.members: set[tuple[str, str]] = set()
        self.texts: list[str] = []
        self.troubles: list[str] = []

    def parse(self, parse_until: Iterable[str] | None = None) -> NodeList:
        """Every tag that has an inside comes through here; each level costs several of Python's stack."""
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise TemplateSyntaxError(f"Tags stand at most {MAXIMUM_DEPTH} deep in each other.")
        nodes = super().parse(parse_until)
        self.depth -= 1
        if parse_until == VERBATIM:
            # Django renders it at once, when there is no recipient yet; it is taken off with what is around it.
            return nodes
        self.texts += [node.s for node in nodes if isinstance(node, TextNode)]
        bounded = _Nodes(nodes)
        bounded.contains_nontext = nodes.contains_nontext
        return bounded

    def compile_filter(self, token: str) -> FilterExpression:
        expression = super().compile_filter(token)
        if len(expression.filters) > MAXIMUM_FILTERS:
            raise TemplateSyntaxError(f"An expression has at most {MAXIMUM_FILTERS} filters.")
        self.troubles += _troubles_of_arguments(expression)
        arguments = [value for given in expression.filters for looks_up, value in given[1] if looks_up]
        for variable in (expression.var, *arguments):
            if isinstance(variable, Variable) and variable.lookups is not None:
                _check_name(variable)
                self.members |= {(variable.lookups[0], member) for member in variable.lookups[1:]}
        return expression


class _Template(Template):
    members: frozenset[tuple[str, str]]
    texts: Sequence[str]
    troubles: Sequence[str]

    def compile_nodelist(self) -> NodeList:
        tokens = Lexer(self.source).tokenize()
        parser = _Parser(tokens, self.engine.template_libraries, self.engine.template_builtins, self.origin)
        nodes = parser.parse()
        self.members, self.texts, self.troubles = frozenset(parser.members), parser.texts, parser.troubles
        return nodes


def _is_length(argument: Any) -> bool:
    try:
        return int(argument) > 0
    except (ValueError, OverflowError):
        return False


def _anything(_: Any) -> bool:
    return True


def _choices(numbers: range) -> Callable[[Any], bool]:
    return lambda argument: str(argument).count(",") + 1 in numbers


# The filters that silently do nothing with some arguments: which work, and what is expected.
ARGUMENTS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "truncatechars": (_is_length, "a whole number from 1"),
    "truncatewords": (_is_length, "a whole number from 1"),
    "pluralize": (_choices(range(1, 3)), "one ending, or two with a comma between them,"),
    "yesno": (_choices(range(2, 4)), "two texts, or three, with commas between them"),
}


def _troubles_of_arguments(expression: FilterExpression) -> Iterator[str]:
    """A sentence for each argument that is written down and can't work; what is looked up is not known yet."""
    for function, given in expression.filters:
        name = function._filter_name  # noqa: SLF001 (Django's own mark)
        if given and getattr(function, "needs_autoescape", False):
            # Django would take it, and hand its own over in the same place.
            yield f"{name} takes no argument."
        is_valid, expected = ARGUMENTS.get(name, (_anything, ""))
        for looks_up, value in given:
            literal = value.literal if looks_up else value
            if (not looks_up or value.lookups is None) and not is_valid(literal):
                yield f"{name}:{literal!r} can't work: {expected} is expected."


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

    subject: _Template
    text: _Template
    html: _Template | None

    def render(self, *, customer: Mapping[str, Any], message: Mapping[str, Any], unsubscribe_url: str = "") -> Rendered:
        """Fill in plain values: texts, numbers, yes or no. A hyphen in a name is written as an underscore.

        TooMuchError where that becomes more than a message may be.
        """
        values = {"customer": _texts(customer), "message": _texts(message), "unsubscribe_url": unsubscribe_url}
        plain = Context(values, autoescape=False)
        token = _allowance.set(_Allowance(MAXIMUM_MESSAGE, time.thread_time() + MAXIMUM_SECONDS))
        try:
            html = self.html.render(Context(values, autoescape=True)) if self.html else ""
            # A header has one line.
            return Rendered(" ".join(self.subject.render(plain).split()), self.text.render(plain), html)
        finally:
            _allowance.reset(token)

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


def _faults(template: _Template, known: Mapping[str, Collection[str]], signs: re.Pattern[str]) -> Iterator[str]:
    for root, member in sorted(template.members):
        if member not in known[root]:
            yield f"There is no {root}.{member}."
    yield from template.troubles
    for text in template.texts:
        found = signs.search(text)
        if found:
            shown = SPACES.sub(" ", text[found.start() : found.start() + SHOWN])
            yield f"This would be sent as it is, its braces don't match: {shown} (meant so: {{% verbatim %}})"


def compile_template(*, subject: str, text: str, html: str) -> CompiledTemplate:
    """Compile a message's texts; DomainError names those that the language refuses, with the reason."""
    return _compile(subject, text, html)


@functools.lru_cache(maxsize=256)
def _compile(subject: str, text: str, html: str) -> CompiledTemplate:
    collector = ErrorCollector()
    compiled: dict[str, _Template] = {}
    for name, source in {"subject": subject, "text": text, "html": html}.items():
        try:
            compiled[name] = _compile_text(source)
        except TemplateSyntaxError as error:
            collector.add(name, SPACES.sub(" ", str(error)).partition(". Did you forget")[0])
        except RecursionError:
            collector.add(name, "An expression is too deep.")
    collector.raise_if_any()
    return CompiledTemplate(compiled["subject"], compiled["text"], compiled["html"] if html else None)


def _compile_text(source: str) -> _Template:
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
