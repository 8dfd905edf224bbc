"""The language of templates: texts in, text out, and no way to anything else."""

import pytest

from campaigns.delivery.templates import compile_template
from campaigns.models.message_template import MAXIMUM_TEMPLATE
from customers.errors import DomainError

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
]


@pytest.mark.parametrize("source", REFUSED, ids=lambda source: source[:40])
@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_what_is_no_text_is_refused(part: str, source: str) -> None:
    with pytest.raises(DomainError) as refusal:
        compile_template(**{"subject": "", "text": "", "html": "", part: source})
    assert list(refusal.value.fields) == [part]


def test_rendering() -> None:
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
