"""The language of message templates: Liquid, without everything that could read, run or blow up something.

There is no loader, and only the tags and filters of TAGS and FILTERS: no loops (there are no lists), no `capture`, no
`date` (its format can ask for a text of any length), no `safe`. In HTML all that is written by `{{ }}` is escaped, and
nothing switches that off. What isn't there is nil; comparing what can't be compared is false, as for nil in Liquid,
where python-liquid would end the message.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any

from liquid import Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import BooleanExpression, Filter, FilteredExpression, Literal, Path
from liquid.builtin.expressions.logical import (
    ContainsExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LtExpression,
)
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import LiquidError, LiquidTypeError
from liquid.expression import Expression
from liquid.template import BoundTemplate
from liquid.token import TOKEN_CONTENT

from campaigns.delivery.template_bounds import (
    MAXIMUM_DEPTH,
    MAXIMUM_FILTERS,
    MAXIMUM_MESSAGE,
    MAXIMUM_VALUE,
    NAMES,
    BadTemplateError,
    allowance,
    bounded,
    one_message,
)

TAGS = ("if", "unless", "case", "assign", "comment", "#")
FILTERS = (
    *("append", "capitalize", "default", "downcase", "escape", "escape_once", "lstrip", "newline_to_br", "prepend"),
    *("remove", "remove_first", "replace", "replace_first", "rstrip", "size", "slice", "strip", "strip_html"),
    *("strip_newlines", "truncate", "truncatewords", "upcase", "url_decode", "url_encode"),
)
# What these make of a text is HTML; what others make of it is text, which is escaped.
MAKING_HTML = frozenset({"escape", "newline_to_br"})
# python-liquid's own names of what stands outside of tags.
PARTS = (TOKEN_CONTENT, "output", "illegal")
COMPARISONS = (LtExpression, LeExpression, GtExpression, GeExpression, ContainsExpression)


class _Environment(Environment):
    block_nesting_limit = MAXIMUM_DEPTH
    local_namespace_limit = MAXIMUM_MESSAGE

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Those of TAGS and FILTERS, and no others."""
        super().setup_tags_and_filters(extra=extra)
        self.tags = {name: self.tags[name] for name in (*PARTS, *TAGS)}
        self.filters["replace"] = _replace
        self.filters = {name: _filter(self.filters[name], makes_html=name in MAKING_HTML) for name in FILTERS}


def _replace(value: object, old: object, new: object = "") -> str:
    """No more often than makes a value too long."""
    inserted = str(new)
    return str(value).replace(str(old), inserted, MAXIMUM_VALUE // max(1, len(inserted)) + 1)


def _filter(function: Callable[..., Any], *, makes_html: bool) -> Callable[..., Any]:
    limited = bounded(function)

    @functools.wraps(function)
    def filtered(*arguments: Any, **options: Any) -> Any:
        made = limited(*map(_text, arguments), **options)
        return made if makes_html else _text(made)

    return filtered


def _text(value: Any) -> Any:
    """A text without the mark that it is HTML."""
    return str.__str__(value) if isinstance(value, str) else value


class _Context(RenderContext):
    def get_item(self, obj: Any, key: Any) -> Any:
        """Nothing but what a mapping holds: no `size`, `first` and `last`."""
        return obj[key]


class _Output(StringIO):
    def write(self, text: str, /) -> int:
        """Each part takes off the message's allowance what it renders."""
        left = allowance()
        left.spend(text)
        left.look()
        return super().write(text)


class _Comparison(Expression):
    """A comparison that is false where its sides can't be compared."""

    def __init__(self, compared: Expression) -> None:
        super().__init__(compared.token)
        self.compared = compared

    def evaluate(self, context: RenderContext) -> object:
        try:
            return self.compared.evaluate(context)
        except LiquidTypeError:
            return False

    def children(self) -> list[Expression]:
        return list(self.compared.children())


class LiquidText:
    """A text in Liquid; BadTemplateError where it can't be compiled."""

    verbatim = "{% raw %}"

    def __init__(self, source: str, *, is_html: bool) -> None:
        try:
            self._template = _environment(autoescape=is_html).from_string(source)
        except LiquidError as error:
            if isinstance(error.__cause__, RecursionError):
                raise error.__cause__ from error
            raise BadTemplateError(_sentence(error)) from error
        checked = _Checked(self._template)
        self.members, self.texts, self.troubles = frozenset(checked.members), checked.texts, checked.troubles

    def render(self, values: Mapping[str, Any]) -> str:
        """The text with the values filled in; ValueError where a filter can't take a value."""
        output, context = _Output(), _Context(self._template, globals=values)
        try:
            for node in self._template.nodes:
                node.render(context, output)
        except LiquidError as error:
            raise ValueError(_sentence(error)) from error
        return output.getvalue()


def _sentence(error: LiquidError) -> str:
    place = error.context() if error.token and error.token.source else None
    sentence = str(error.message)
    return f"Line {place[0]}: {sentence}." if place else f"{sentence[:1].upper()}{sentence[1:]}."


@functools.cache
def _environment(*, autoescape: bool) -> Environment:
    return _Environment(autoescape=autoescape)


class _Checked:
    """A look at every node and expression of a template, wherever it stands; BadTemplateError for what is refused."""

    def __init__(self, template: BoundTemplate) -> None:
        self.members: set[tuple[str, str]] = set()
        self.texts: list[str] = []
        self.troubles: list[str] = []
        nodes = list(_nodes(template))
        self._environment = template.env
        self._assigned = {str(name) for node in nodes for name in node.template_scope()}
        for name in sorted(self._assigned & NAMES.keys()):
            raise BadTemplateError(f"{name} is the name of something that is there; assign to another one.")
        for node in nodes:
            self._look_at_node(node)

    def _look_at_node(self, node: Node) -> None:
        # (What stands in `raw` begins where its tag does.)
        if node.token.kind == TOKEN_CONTENT and not node.token.source.startswith("{%", node.token.start_index):
            self.texts.append(node.token.value)
        for root in node.expressions():
            if isinstance(root, BooleanExpression):
                root.expression = _comparing(root.expression)
            for expression in _expressions(root):
                self._look_at_expression(expression)

    def _look_at_expression(self, expression: Expression) -> None:
        if isinstance(expression, RangeLiteral):
            raise BadTemplateError(f"{expression} is a range, which can't stand here.")
        if isinstance(expression, Path):
            self._look_at_path(expression)
        if isinstance(expression, FilteredExpression):
            filters = expression.filters or []
            if len(filters) > MAXIMUM_FILTERS:
                raise BadTemplateError(f"An expression has at most {MAXIMUM_FILTERS} filters.")
            for each in filters:
                self._look_at_filter(each)

    def _look_at_path(self, path: Path) -> None:
        """Only what stands in NAMES, written so that whoever looks for uses of a field finds it."""
        root, *members = map(str, path.path)
        if root in self._assigned and not members:
            return
        member = members[0] if members else ""
        ways = (f"{root}.{member}", f"{root}['{member}']", f'{root}["{member}"]') if members else (root,)
        is_plain = path.token.source.startswith(ways, path.token.start_index)
        if not is_plain or root not in NAMES or len(members) != NAMES[root]:
            raise BadTemplateError(f"{path} is no name a template knows.")
        self.members |= {(root, member) for member in members}

    def _look_at_filter(self, used: Filter) -> None:
        function = self._environment.filters.get(used.name)
        if function is None:
            raise BadTemplateError(f"There is no filter {used.name}.")
        given = [(getattr(each, "name", ""), each.value) for each in used.args]
        options = {name: getattr(value, "value", "") for name, value in given if name}
        arguments = [getattr(value, "value", "") for name, value in given if not name]
        ours = {"environment": self._environment} if getattr(function, "with_environment", False) else {}
        try:
            # (Twice the same name is a TypeError too.)
            bound = inspect.signature(function).bind("x", *arguments, **options, **ours)
        except TypeError as error:
            raise BadTemplateError(f"{used.name} can't have these arguments: {error}.") from error
        if all(isinstance(value, Literal) for _, value in given):
            self._try_filter(used, function, bound)

    def _try_filter(self, used: Filter, function: Callable[..., Any], bound: inspect.BoundArguments) -> None:
        """What is written down either works or doesn't; what is looked up is not known yet."""
        try:
            with one_message():
                function(*bound.args, **bound.kwargs)
        except LiquidError as error:
            self.troubles.append(f"{used} can't work: {error.message}.")


def _nodes(template: BoundTemplate) -> Iterator[Node]:
    context, waiting = RenderContext(template), list(reversed(template.nodes))
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(list(node.children(context)))


def _expressions(root: Expression) -> Iterator[Expression]:
    waiting = [root]
    while waiting:
        expression = waiting.pop()
        yield expression
        waiting += expression.children()


def _comparing(expression: Expression) -> Expression:
    """The same condition, with comparisons that don't end the message."""
    if isinstance(expression, COMPARISONS):
        return _Comparison(expression)
    for side in ("left", "right"):
        inside = getattr(expression, side, None)
        if isinstance(inside, Expression):
            setattr(expression, side, _comparing(inside))
    return expression
