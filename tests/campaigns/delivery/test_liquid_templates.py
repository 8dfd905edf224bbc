"""Message templates in Liquid: texts in, text out, and no way to anything else."""

import contextlib
import time
from functools import partial
from typing import Any

import pytest

from campaigns.delivery import templates
from campaigns.delivery.liquid_templates import FILTERS
from campaigns.delivery.template_bounds import MAXIMUM_MESSAGE, MAXIMUM_SECONDS, TooMuchError
from campaigns.models.message_template import MAXIMUM_TEMPLATE, TemplateLanguage
from customers.errors import DomainError

compile_template = partial(templates.compile_template, language=TemplateLanguage.LIQUID)

ADA = {
    "first-name": "<b>Ada",
    "points": 4,
    "vip": True,
    "state": "NY",
    "empty": "e",
    "middle": None,
    "seven": "7",
    "empty-text": "",
}
RENDERED = [
    ("Hi {{ customer.first_name | upcase }}{% if customer.points > 3 %}!{% endif %}", "Hi <B>ADA!"),
    ("{{ customer.nick | default: 'you' }}, {{ message.offers }}", "you, one, two"),
    ("{% if customer.state == 'NY' and customer.vip %}yes{% else %}no{% endif %}", "yes"),
    ("{% unless customer.vip %}no{% else %}{{ customer.vip }}{% endunless %}", "true"),
    ("{% case customer.state %}{% when 'NJ', 'NY' %}near{% else %}far{% endcase %}", "near"),
    ("{% assign name = customer.first_name | strip_html %}{{ name }}{{ name }}", "AdaAda"),
    ("a {%- comment %} {{ x }} {% endcomment -%} b{% # a note %}", "ab"),
    ("{% raw %}{{ customer.state }}{% endraw %}", "{{ customer.state }}"),
    # As Liquid has it, unlike Django: what is empty counts, what isn't there does not.
    ("{% if customer.empty_text %}there{% endif %}{% if customer.nick %}there{% endif %}", "there"),
    ("{% if customer.nick == nil and customer.middle == nil and customer.empty_text == blank %}yes{% endif %}", "yes"),
    # A word of Liquid's own is written in brackets.
    ("{{ customer['empty'] }}{{ customer[\"empty\"] }}", "ee"),
    # What can't be compared isn't more or less.
    ("{% if customer.nick > 3 or customer.seven > 3 or customer.points contains 4 %}yes{% else %}no{% endif %}", "no"),
    ("{% if customer.nick > 3 or customer.vip %}yes{% endif %}", "yes"),
]


def _render(part: str, source: str, customer: dict[str, Any]) -> str:
    template = compile_template(**{"subject": "", "text": "", "html": "", part: source})
    rendered = template.render(
        customer=customer, message={"offers": "one, two"}, unsubscribe_url="https://x.example/?a&b"
    )
    return str(getattr(rendered, part))


@pytest.mark.parametrize(("source", "expected"), RENDERED)
def test_a_template_is_rendered_for_a_recipient(source: str, expected: str) -> None:
    assert _render("text", source, ADA) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<i>{{ customer.name }}</i>", "<i>&lt;b&gt;A&amp;B</i>"),
        ("<a href='{{ unsubscribe_url }}'>", "<a href='https://x.example/?a&amp;b'>"),
        ("{{ customer.name | escape }}{{ customer.name | escape_once }}", "&lt;b&gt;A&amp;B" * 2),
        ("{{ customer.lines | newline_to_br }}", "&lt;1&gt;<br />\n2"),
        ("{{ customer.name | escape | replace: '&lt;', '<' }}", "&lt;b&amp;gt;A&amp;amp;B"),
        ("{{ customer.name | prepend: '<i>' }}", "&lt;i&gt;&lt;b&gt;A&amp;B"),
        ("{% assign name = customer.name | upcase %}{{ name }}", "&lt;B&gt;A&amp;B"),
        ("{{ customer.name | url_encode | url_decode }}", "&lt;b&gt;A&amp;B"),
    ],
)
def test_what_comes_from_outside_is_escaped_in_html(source: str, expected: str) -> None:
    assert _render("html", source, {"name": "<b>A&B", "lines": "<1>\n2"}) == expected


@pytest.mark.parametrize("name", FILTERS)
def test_no_filter_makes_tags_of_a_value(name: str) -> None:
    for arguments in ("", ": 'x'", ": 5", ": '&lt;', '<'"):
        with contextlib.suppress(DomainError, ValueError):
            assert "<i" not in _render("html", f"{{{{ customer.name | {name}{arguments} }}}}", {"name": "<i>&lt;i>"})


def test_a_subject_has_one_line() -> None:
    assert _render("subject", "{{ customer.name }}", {"name": "Ada\r\nBcc: x"}) == "Ada Bcc: x"


REFUSED = {
    "{% include 'x' %}": "Line 1: unexpected tag 'include'.",
    "{% render 'x' %}": "Line 1: unexpected tag 'render'.",
    "\n{% for x in (1..99) %}{% endfor %}": "Line 2: unexpected tag 'for'.",
    "{% tablerow x in (1..99) %}{% endtablerow %}": "Line 1: unexpected tag 'tablerow'.",
    "{% capture x %}{% endcapture %}": "Line 1: unexpected tag 'capture'.",
    "{% liquid echo customer.name %}": "Line 1: unexpected tag 'liquid'.",
    "{{ (1..99) }}": "(1..99) is a range, which can't stand here.",
    "{{ settings.SECRET_KEY }}": "settings.SECRET_KEY is no name a template knows.",
    "{{ customer }}": "customer is no name a template knows.",
    "{{ customer.name.size }}": "customer.name.size is no name a template knows.",
    "{{ customer . name }}": "customer.name is no name a template knows.",
    "{{ customer[ 'name' ] }}": "customer.name is no name a template knows.",
    "{{ customer['name'].size }}": "customer.name.size is no name a template knows.",
    "{{ customer[customer.name] }}": "customer[customer.name] is no name a template knows.",
    "{{ customer.name | default: request.user }}": "request.user is no name a template knows.",
    "{% if settings.KEY > 'a' %}{% endif %}": "settings.KEY is no name a template knows.",
    "{% case x %}{% when 1 %}{% endcase %}": "x is no name a template knows.",
    "{% assign x = y %}": "y is no name a template knows.",
    "{% assign customer = 'x' %}": "customer is the name of something that is there; assign to another one.",
    "{{ customer.name | safe }}": "There is no filter safe.",
    "{{ customer.name | date: '%999999999d' }}": "There is no filter date.",
    "{{ customer.name | upcase: 1 }}": "upcase can't have these arguments: too many positional arguments.",
    "{{ customer.name | upcase: environment: 1 }}": (
        "upcase can't have these arguments: got an unexpected keyword argument 'environment'."
    ),
    "{{ customer.name": "Line 1: expected '}}', found end of file.",
    "{{ customer.name }": "Line 1: expected '}}', found end of file.",
    "{{ }}": "Expected a primitive expression, found end of expression.",
    "{{ customer.name" + " | upcase" * 11 + " }}": "An expression has at most 10 filters.",
    "x" * (MAXIMUM_TEMPLATE + 1): "A template has at most 65536 characters.",
    "{% if customer.a %}" * 21 + "{% endif %}" * 21: "Line 1: block nesting limit reached.",
    "{% if customer.a" + " or customer.a" * 4_000 + " %}{% endif %}": "An expression is too deep.",
}


@pytest.mark.parametrize(("source", "sentence"), REFUSED.items(), ids=lambda text: text[:40])
@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_constructs_outside_of_the_language_are_refused(part: str, source: str, sentence: str) -> None:
    with pytest.raises(DomainError) as refusal:
        compile_template(**{"subject": "", "text": "", "html": "", part: source})
    assert refusal.value.fields == {part: [sentence]}


UNMATCHED = "This would be sent as it is, its braces don't match:"
FAULTS = {
    "{{ customer.stat }}": "There is no customer.stat.",
    "{% if message.offer %}{% endif %}": "There is no message.offer.",
    "{{ customer.size }}": "There is no customer.size.",
    "{{ customer.state | truncate: 'x' }}": "truncate: 'x' can't work: truncate expected an integer, found str.",
    "customer.state }}": f"{UNMATCHED} customer.state }}}} there (meant so: {{% raw %}})",
    "{ customer.state }": f"{UNMATCHED} {{ customer.state }} there (meant so: {{% raw %}})",
    "{# note #}": f"{UNMATCHED} {{# note #}} there (meant so: {{% raw %}})",
}


@pytest.mark.parametrize(("source", "sentence"), FAULTS.items())
@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_mistakes_are_reported_by_part(part: str, source: str, sentence: str) -> None:
    template = compile_template(**{"subject": "", "text": "", "html": "", part: f"Hello {source} there"})
    with pytest.raises(DomainError) as refusal:
        template.refuse_faults({"state"})
    assert refusal.value.fields == {part: [sentence]}


def test_what_the_platform_hands_to_filters_can_not_be_written() -> None:
    with pytest.raises(DomainError, match="Validation"):
        compile_template(subject="", text="", html="{{ customer.name | escape: environment: 1 }}")


def test_what_is_meant_has_no_faults() -> None:
    source = "{{ customer.state | truncate: 5 }}{% raw %}{{ x }}{% endraw %}{% comment %}{{ x }}{% endcomment %}"
    html = f"<style>p{{#a{{}}}}</style>{source}{{{{ message.icon }}}}{{{{ customer['state'] }}}}"
    compile_template(subject=source, text=source, html=html).refuse_faults({"state"})


LONG = "ü<&\n\n" * 800
EXPLOSIONS = {
    "named often": ("{{ customer.name }}" * 3_000, LONG),
    "named often in conditions": ("{% if customer.name %}{{ customer.name }}{% endif %}" * 900, LONG),
    "filtered often": ("{{ customer.name" + " | url_encode" * 10 + " }}", LONG),
    "broken into lines": ("{{ customer.name" + " | newline_to_br" * 10 + " }}", LONG),
    "replaced": ("{{ customer.name | replace: 'ü', customer.name" + " | replace: '', customer.name" * 3 + " }}", LONG),
    "assigned": ("{% assign a = customer.name %}" + "{% assign a = a | append: a %}" * 12 + "{{ a }}", LONG),
    "assigned often": ("".join(f"{{% assign a{n} = customer.name | upcase %}}" for n in range(1_000)) + "x" * 9, LONG),
    "slow": ("{{ customer.name | strip_html | capitalize | escape }}" * 1_200, "<a b>c d " * 450),
}


@pytest.mark.parametrize("part", ["text", "html"])
@pytest.mark.parametrize("explosion", EXPLOSIONS)
def test_what_is_rendered_is_bounded(explosion: str, part: str) -> None:
    source, value = EXPLOSIONS[explosion]
    template = compile_template(**{"subject": "Hello", "text": "", "html": "", part: source})
    began = time.thread_time()
    with contextlib.suppress(TooMuchError, ValueError):
        rendered = template.render(customer={"name": value}, message={})
        assert len((rendered.text + rendered.html).encode()) <= MAXIMUM_MESSAGE
        assert "named" not in explosion
    # (Of this thread's processor, so that no other one's work counts.)
    assert time.thread_time() - began < 2 * MAXIMUM_SECONDS
    assert template.render(customer={"name": "Ada"}, message={}).subject == "Hello"


def test_a_value_that_a_filter_can_not_take_ends_the_message_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"^Line 1: truncate expected an integer, found str\.$"):
        _render("text", "{{ customer.name | truncate: customer.name }}", {"name": "x"})
