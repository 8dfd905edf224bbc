"""The former language of templates, Django's: texts in, text out, and no way to anything else.

Templates that were written in it are stored, so what is held here stays.
"""

import contextlib
import time
from functools import partial

import pytest

from campaigns.delivery import templates
from campaigns.delivery.django_templates import ARGUMENTS, FILTERS
from campaigns.delivery.template_bounds import MAXIMUM_MESSAGE, MAXIMUM_SECONDS, TooMuchError
from campaigns.models.message_template import MAXIMUM_TEMPLATE, TemplateLanguage
from customers.errors import DomainError

compile_template = partial(templates.compile_template, language=TemplateLanguage.DJANGO)

REFUSED = [
    "{% include 'x' %}",
    "{% extends 'x' %}",
    "{% load static %}",
    "{% debug %}",
    "{% url 'admin:index' %}",
    "{% autoescape off %}{{ customer.name }}{% endautoescape %}",
    "{% for letter in customer.name %}{% endfor %}",
    "{% with name=customer.name %}{% endwith %}",
    "{% lorem 999999999 %}",
    "{{ settings.SECRET_KEY }}",
    "{{ request.user }}",
    "{{ customer }}",
    "{{ customer.name.format }}",
    "{{ customer.__class__ }}",
    "{{ customer.name|default:request.user }}",
    "{% if settings.SECRET_KEY > 'a' %}{% endif %}",
    "{% if customer.name|default:request %}{% endif %}",
    "{% firstof request.user %}",
    "{{ customer.name|safe }}",
    "{{ customer.name|add:customer.name }}",
    "{{ customer.name|ljust:999999999 }}",
    "{{ customer.name|stringformat:'999999999s' }}",
    "{% if x %}",
    "{{ }}",
    "{% if customer.a %}" * 21 + "{% endif %}" * 21,
    "{% if " + "not " * 16_000 + "customer.a %}{% endif %}",
    "x" * (MAXIMUM_TEMPLATE + 1),
    "{{ customer.name" + "|upper" * 11 + " }}",
]


@pytest.mark.parametrize("source", REFUSED, ids=lambda source: source[:40])
@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_constructs_outside_of_the_language_are_refused(part: str, source: str) -> None:
    with pytest.raises(DomainError) as refusal:
        compile_template(**{"subject": "", "text": "", "html": "", part: source})
    assert list(refusal.value.fields) == [part]


def test_a_template_is_rendered_for_a_recipient() -> None:
    template = compile_template(
        subject="{{ customer.first_name|default:'You' }} &\r\n{{ message.offers }}",
        text="{% if customer.state == 'NY' and customer.points > 3 %}{{ customer.first_name }}{% endif %}",
        html="<a href='{{ unsubscribe_url }}'>{{ customer.first_name }}</a>{{ customer.keys }}{{ customer.items }}",
    )
    customer = {"first-name": "<b>\nBcc: x", "state": "NY", "points": 4, "middle": None, "when": object}
    rendered = template.render(
        customer=customer, message={"offers": "one, two"}, unsubscribe_url="https://x.example/?a=1&b=2"
    )
    assert rendered.subject == "<b> Bcc: x & one, two"
    assert rendered.text == "<b>\nBcc: x"
    assert rendered.html == "<a href='https://x.example/?a=1&amp;b=2'>&lt;b&gt;\nBcc: x</a>"
    assert template.render(customer={}, message={}).subject == "You &"


LONG = "ü<&\n\n" * 800
# Each of these was megabytes, or took seconds, of a value of 4 kB.
EXPLOSIONS = {
    "named often": ("{{ customer.name }}" * 3_000, LONG),
    "named often in conditions": ("{% if customer.name %}{% firstof customer.name %}{% endif %}" * 900, LONG),
    "filtered often": ("{{ customer.name" + "|urlencode" * 10 + " }}", LONG),
    "broken into lines": ("{{ customer.name" + "|linebreaks" * 10 + " }}", LONG),
    "slow": ("{{ customer.name|striptags|title|slugify }}" * 1_500, "<a b>c d " * 450),
    "slow for nothing": ("{% if customer.name|striptags|slugify == 'x' %}x{% endif %}" * 1_000, "<a b>c d " * 450),
}


@pytest.mark.parametrize("part", ["text", "html"])
@pytest.mark.parametrize("explosion", EXPLOSIONS)
def test_what_is_rendered_is_bounded(explosion: str, part: str) -> None:
    source, value = EXPLOSIONS[explosion]
    template = compile_template(**{"subject": "Hello", "text": "", "html": "", part: source})
    began = time.thread_time()
    with contextlib.suppress(TooMuchError):
        rendered = template.render(customer={"name": value}, message={})
        assert len((rendered.text + rendered.html).encode()) <= MAXIMUM_MESSAGE
        assert "named" not in explosion
    # (Of this thread's processor, so that no other one's work counts.)
    assert time.thread_time() - began < 2 * MAXIMUM_SECONDS
    assert template.render(customer={"name": "Ada"}, message={}).subject == "Hello"


def test_a_large_message_within_the_bounds_is_rendered() -> None:
    template = compile_template(subject="x", text="{{ customer.name }}" * 200, html="{{ customer.name }}" * 30)
    rendered = template.render(customer={"name": "x" * 4_096}, message={})
    assert len(rendered.text) + len(rendered.html) == 230 * 4_096


def test_unknown_names_are_reported() -> None:
    template = compile_template(
        subject="{{ customer.first_name }}{{ message.offer }}",
        text="{% if customer.stat == 'NY' %}{{ customer.external_id|default:customer.nick }}{% endif %}",
        html="{{ unsubscribe_url }}{{ message.campaign }}{{ customer.user_id }}",
    )
    with pytest.raises(DomainError) as refusal:
        template.refuse_faults({"first_name", "state"})
    assert refusal.value.fields == {
        "subject": ["There is no message.offer."],
        "text": ["There is no customer.nick.", "There is no customer.stat."],
    }
    compile_template(subject="{{ customer.first_name }}", text="", html="").refuse_faults({"first_name"})


# Each stands in a template that compiles, and would be sent, or do nothing.
FAULTS = [
    *("{{ customer.state", "{{ customer.state }", "{{ customer.\nstate }}", "{% if customer.state }x", "{# a note"),
    *("customer.state }}", "{ customer.state }", "{customer.state}", "{unsubscribe_url}", "{ message.campaign|upper }"),
    *("{% if customer.state %}{{ customer.state{% endif %}", "{{ message.campaign }}{{ message.offers"),
    *('{{ customer.state|truncatechars:"a" }}', "{{ customer.state|truncatewords:0 }}"),
    *("{{ customer.state|truncatechars:-1 }}", "{{ customer.state|truncatechars:1e400 }}"),
    *('{{ customer.state|yesno:"yes" }}', '{{ customer.state|pluralize:"a,b,c" }}'),
    *('{{ customer.state|linebreaks:"x" }}', "{{ customer.state|linebreaksbr:customer.state }}"),
    '{% if customer.state|truncatechars:"a" == "x" %}x{% endif %}',
]
# In HTML these may be CSS.
FAULTS_OF_TEXTS = ["Hello }}", "50 %}", "note #}", "{#note"]
MEANT = [
    *('{{ customer.state|truncatechars:"10" }}', "{{ customer.state|truncatechars:customer.state }}"),
    *(
        '{{ customer.state|yesno:"yes,no" }}',
        '{{ customer.state|pluralize:"y,ies" }}',
        "{{ customer.state|pluralize }}",
    ),
    *("{% verbatim %}{{ customer.state{% endverbatim %}", "{% comment %}{{ x {% endcomment %}{# {{ #}", "{", "a } b"),
    *("{% templatetag openvariable %}", "dear customer. {x}", "{% if customer.state %}{{ customer.state }}{% endif %}"),
]
MEANT_IN_HTML = ["<style>@media print{#a{width:100%}}@media screen{.b{color:red}}</style>", "<p>{#a{}</p>"]


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_mistakes_are_reported_by_part(part: str) -> None:
    parts = {"subject": "", "text": "", "html": ""}
    for source in [*FAULTS, *(FAULTS_OF_TEXTS if part != "html" else [])]:
        with pytest.raises(DomainError) as refusal:
            compile_template(**parts | {part: f"Hello {source} <b>there</b>"}).refuse_faults({"state"})
        assert list(refusal.value.fields) == [part], source
    for source in [*MEANT, *(MEANT_IN_HTML if part == "html" else [])]:
        template = compile_template(**parts | {part: f"Hello {source} <b>there</b>"})
        template.refuse_faults({"state"})
        assert "there" in getattr(template.render(customer={"state": "NY"}, message={}), part)


def test_verbatim_text_is_sent_unchanged() -> None:
    template = compile_template(subject="", text="{% verbatim %}{{ customer.state }}{% endverbatim %}", html="")
    assert template.render(customer={"state": "NY"}, message={}).text == "{{ customer.state }}"


def test_every_filter_with_an_argument_is_covered() -> None:
    """Those that take any text, and those of which is said what they take."""
    taking = set()
    for name in FILTERS:
        with contextlib.suppress(DomainError):
            compile_template(subject=f'{{{{ customer.state|{name}:"x" }}}}', text="", html="")
            taking.add(name)
    nothing_but_what_django_hands_over = {"linebreaks", "linebreaksbr"}
    anything = {"cut", "default", "default_if_none", "urlencode"}
    assert taking == ARGUMENTS.keys() | nothing_but_what_django_hands_over | anything


def test_finding_faults_is_fast() -> None:
    template = compile_template(subject="", text="", html="customer." * 7_000)
    began = time.thread_time()
    template.refuse_faults(set())
    assert time.thread_time() - began < MAXIMUM_SECONDS
