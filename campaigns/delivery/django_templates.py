"""The former language of message templates: Django's, without everything that could read, run or blow up something.

Templates that were written in it stay in it until somebody writes them anew (docs/decisions/0105). There are no
loaders, no libraries, and only the tags and filters of TAGS and FILTERS (no include, load, for, safe, add…); texts from
outside are escaped in HTML, and nothing switches that off.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.template import Context, Engine, Library, Template, TemplateSyntaxError
from django.template import defaultfilters as filters
from django.template import defaulttags as tags
from django.template.base import FilterExpression, Lexer, NodeList, Parser, TextNode, TokenType, Variable
from django.utils.safestring import SafeString

from campaigns.delivery.template_bounds import (
    MAXIMUM_DEPTH,
    MAXIMUM_FILTERS,
    NAMES,
    BadTemplateError,
    allowance,
    bounded,
)

TAGS = ("if", "comment", "firstof", "templatetag", "verbatim")
FILTERS = (
    *("capfirst", "cut", "default", "default_if_none", "escape", "length", "linebreaks", "linebreaksbr", "lower"),
    *("pluralize", "slugify", "striptags", "title", "truncatechars", "truncatewords", "upper", "urlencode", "yesno"),
)
VERBATIM = ("endverbatim",)
# A sentence of Django's about a filter or tag that isn't there names the builtins; it is told shorter.
SPACES = re.compile(r"\s+")

register = Library()
register.tags.update({_name: tags.register.tags[_name] for _name in TAGS})
register.filters.update({_name: bounded(filters.register.filters[_name]) for _name in FILTERS})
MAXIMUM_WORDS = 200


class _Engine(Engine):
    default_builtins = ["campaigns.delivery.django_templates"]


class _Nodes(NodeList):
    """Parts of a template, each of which takes off the message's allowance what it renders."""

    def render(self, context: Context) -> SafeString:
        """The parts one after the other."""
        return SafeString("".join(self._parts(context)))

    def _parts(self, context: Context) -> Iterator[str]:
        left = allowance()
        for node in self:
            text = str(node.render_annotated(context))
            # What stands inside of others has been taken off there; conditions take nobody's errors, so ask again.
            if not any(getattr(node, name, None) for name in node.child_nodelists):
                left.spend(text)
            left.look()
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
        for token in tokens:
            # A longer one would end Python's stack, which Django takes for "does not hold".
            if token.token_type == TokenType.BLOCK and len(token.contents.split()) > MAXIMUM_WORDS:
                raise TemplateSyntaxError(f"A tag has at most {MAXIMUM_WORDS} words.")
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


class DjangoText:
    """A text in Django's language; BadTemplateError where it can't be compiled."""

    verbatim = "{% verbatim %}"

    def __init__(self, source: str, *, is_html: bool) -> None:
        self._is_html = is_html
        try:
            self._template = _Template(source, engine=_engine())
        except TemplateSyntaxError as error:
            raise BadTemplateError(SPACES.sub(" ", str(error)).partition(". Did you forget")[0]) from error
        self.members, self.texts, self.troubles = (
            self._template.members,
            self._template.texts,
            self._template.troubles,
        )

    def render(self, values: Mapping[str, Any]) -> str:
        """The text with the values filled in."""
        plain = {name: _Texts(value) if isinstance(value, dict) else value for name, value in values.items()}
        return str(self._template.render(Context(plain, autoescape=self._is_html)))


@functools.cache
def _engine() -> Engine:
    return _Engine(libraries={}, loaders=[], autoescape=True, string_if_invalid="")
