"""What a message says to a recipient: its template filled in."""

from campaigns.delivery.channels.base import ClaimedRecipient, DeliveryFailedError, Message
from campaigns.delivery.defaults import find_template
from campaigns.delivery.templates import CompiledTemplate, Rendered, compile_template
from customers.errors import DomainError


def template_of(message: Message) -> CompiledTemplate:
    """The compiled template of a message; DeliveryFailedError where there is none that can be used."""
    if not message.template_id:
        raise DeliveryFailedError("The creative has no template_id.", is_lasting=True)
    found = find_template(organization_id=message.organization_id, key=message.template_id)
    if found is None:
        raise DeliveryFailedError(f"There is no template {message.template_id!r}.", is_lasting=True)
    try:
        return compile_template(language=found.language, subject=found.subject, text=found.text, html=found.html)
    except DomainError as error:
        told = "; ".join(f"{name}: {' '.join(sentences)}" for name, sentences in error.fields.items())
        raise DeliveryFailedError(
            f"The template {message.template_id!r} can't be used: {told}", is_lasting=True
        ) from error


def fill_in(
    template: CompiledTemplate, message: Message, recipient: ClaimedRecipient, unsubscribe_url: str = ""
) -> Rendered:
    """A template's texts for one recipient."""
    customer: dict[str, object] = {
        **recipient.attributes,
        "external_id": recipient.external_id,
        "user_id": str(recipient.customer_uuid),
    }
    told = {
        "campaign": message.campaign_name,
        "creative": message.creative_name,
        "offers": ", ".join(message.offer_ids),
        "description": message.portal_description or "",
        "icon": message.portal_icon or "",
    }
    return template.render(customer=customer, message=told, unsubscribe_url=unsubscribe_url)
