"""Steps as operators write them, checked against the schema of the organization's customers."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from campaigns.targeting import compile_predicate, parse_targets
from customers.errors import DomainError, ErrorKind
from funnels.funnels.engine.fields import parse_field
from funnels.funnels.engine.graph import graph_problems, longest_path
from funnels.funnels.engine.members import (
    RefusedStepError,
    boolean,
    items,
    known_members,
    name_of,
    optional_name,
    text,
)
from funnels.funnels.engine.step import CaptureField, Fork, FunnelStep, Graph, Parameter, StepContent, StepType

MAXIMUM_STEPS = 50
MAXIMUM_FIELDS = 30
MAXIMUM_FORKS = 20
MAXIMUM_PARAMETERS = 50
MAXIMUM_TITLE, MAXIMUM_MESSAGE, MAXIMUM_URL = 255, 10_000, 2_000
METHODS = ["get", "post"]
ACTIONS = ("next", "cancel", "close")
COMMON = ("name", "type", "forks", "next")
Schema = Mapping[str, str]
Named = TypeVar("Named", FunnelStep, CaptureField)


def parse_steps(raw: object, schema: Schema) -> Graph:
    """Check a list of steps, the first one the start; `schema` gives each customer field's type by its name.

    A step: `{name, type, next, forks: [{conditions: [targets], to}]}` and for `message` `title, message, actions`, for
    `data-capture` `fields, actions`, for `redirect` `url, method, parameters, include_system_params, new_window`;
    `next` and `to` name a step, or null for the end. DomainError (`validation`) says under `steps` all that is wrong.
    """
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAXIMUM_STEPS:
        raise _refusal([f"A list of 1 to {MAXIMUM_STEPS} steps is expected."])
    problems: list[str] = []
    steps = _by_name(raw, "steps", lambda item: _step(item, schema), "another step is called {!r}.", problems)
    if problems:
        raise _refusal(problems)
    start = next(iter(steps))
    targets = {name: step.targets for name, step in steps.items()}
    problems = list(graph_problems(start, targets))
    if problems:
        raise _refusal(problems)
    return Graph(steps, start, longest_path(start, targets))


def _refusal(sentences: Iterable[str]) -> DomainError:
    return DomainError(ErrorKind.INVALID, "validation", "Validation error.", fields={"steps": list(sentences)})


def _by_name(
    raw: list[object], member: str, parse: Callable[[object], Named], again: str, problems: list[str]
) -> dict[str, Named]:
    """What each item of a list is parsed to, by its name; `again` is the error for a name that an earlier item has."""
    found: dict[str, Named] = {}
    for index, item in enumerate(raw):
        try:
            parsed = parse(item)
        except RefusedStepError as refused:
            problems += [f"{member}[{index}]: {sentence}" for sentence in refused.sentences]
            continue
        if parsed.name in found:
            problems.append(f"{member}[{index}]: {again.format(parsed.name)}")
        found[parsed.name] = parsed
    return found


def _step(item: object, schema: Schema) -> FunnelStep:
    if not isinstance(item, dict) or item.get("type") not in list(BODIES):
        raise RefusedStepError([f"an object whose type is one of {', '.join(BODIES)} is expected."])
    read, members = BODIES[item["type"]]
    problems: list[str] = []
    known_members(item, (*COMMON, *members), problems)
    name = name_of(item, "name", problems)
    content, fields = read(item, schema, problems)
    forks = _forks(item, schema, problems)
    following = optional_name(item, "next", problems)
    if problems:
        raise RefusedStepError(problems)
    return FunnelStep(name, StepType(item["type"]), content, fields, forks, following)


Body = tuple[StepContent, tuple[CaptureField, ...]]


def _message(item: dict[str, object], _schema: Schema, problems: list[str]) -> Body:
    return {
        "title": text(item, "title", problems, maximum=MAXIMUM_TITLE),
        "message": text(item, "message", problems, maximum=MAXIMUM_MESSAGE),
        "actions": _actions(item, problems),
    }, ()


def _capture(item: dict[str, object], schema: Schema, problems: list[str]) -> Body:
    raw = items(item, "fields", problems, maximum=MAXIMUM_FIELDS)
    if not raw:
        problems.append("fields: at least one field is expected.")
    fields = _by_name(raw, "fields", lambda each: parse_field(each, schema), "{!r} is asked for twice.", problems)
    return {"actions": _actions(item, problems)}, tuple(fields.values())


def _redirect(item: dict[str, object], _schema: Schema, problems: list[str]) -> Body:
    url = text(item, "url", problems, maximum=MAXIMUM_URL)
    if url and not is_web_address(url):
        problems.append("url: an http or https address is expected.")
    method = item.get("method", "get")
    if method not in METHODS:
        problems.append("method: get or post is expected.")
    return {
        "url": url,
        "method": str(method),
        "parameters": [_parameter(each, problems) for each in items(item, "parameters", problems, MAXIMUM_PARAMETERS)],
        "include-system-params": boolean(item, "include_system_params", problems),
        "new-window": boolean(item, "new_window", problems),
    }, ()


def is_web_address(url: str) -> bool:
    """Whether a browser can only take it for a page's address: http or https, with a host, without tricks."""
    if not url.isprintable() or any(character in url for character in "\\ \"'<>`"):
        return False
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or bool(parts.port)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and port_is_fine


def _parameter(each: object, problems: list[str]) -> Parameter:
    if not isinstance(each, dict) or each.keys() != {"name", "value"}:
        problems.append("parameters: objects of name and value are expected.")
        return {"name": "", "value": ""}
    return {
        "name": text(each, "name", problems, maximum=MAXIMUM_TITLE),
        "value": text(each, "value", problems, maximum=MAXIMUM_URL, empty=True),
    }


def _actions(item: dict[str, object], problems: list[str]) -> list[str]:
    actions = item.get("actions", ["next", "cancel"])
    if not isinstance(actions, list) or not all(action in ACTIONS for action in actions):
        problems.append(f"actions: a list of {', '.join(ACTIONS)} is expected.")
        return []
    return actions


def _forks(item: dict[str, object], schema: Schema, problems: list[str]) -> tuple[Fork, ...]:
    forks = []
    for index, each in enumerate(items(item, "forks", problems, maximum=MAXIMUM_FORKS)):
        if not isinstance(each, dict) or not each.get("conditions"):
            problems.append(f"forks[{index}]: an object of conditions (at least one) and to is expected.")
            continue
        known_members(each, ("conditions", "to"), problems)
        try:
            holds = compile_predicate(parse_targets(each["conditions"], schema))
        except DomainError as error:
            problems += [f"forks[{index}]: {sentence}" for sentence in error.fields["targets"]]
            continue
        forks.append(Fork(holds, optional_name(each, "to", problems)))
    return tuple(forks)


Reader = Callable[[dict[str, object], Schema, list[str]], Body]
BODIES: dict[str, tuple[Reader, tuple[str, ...]]] = {
    "message": (_message, ("title", "message", "actions")),
    "data-capture": (_capture, ("fields", "actions")),
    "redirect": (_redirect, ("url", "method", "parameters", "include_system_params", "new_window")),
}
