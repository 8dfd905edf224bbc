"""Which way a message goes out, by its `ad_type`."""

from campaigns.delivery.channel import Courier, CourierMaker, DeliveryFailedError, Message

# By AdType; a maker looks at the message and at the destinations of its organization.
MAKERS: dict[str, CourierMaker] = {}


def courier_for(message: Message) -> Courier:
    """The way out for a message; DeliveryFailedError where none is set up."""
    maker = MAKERS.get(message.ad_type)
    if maker is None:
        raise DeliveryFailedError(f"Nothing delivers {message.ad_type}.", is_lasting=True)
    return maker(message)
