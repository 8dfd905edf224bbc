"""Offers on the wire (contract 4, "offers" and "redeem")."""

from datetime import datetime

from rest_framework import serializers

from campaigns.api.fields import AnswerSerializer, Instant, StrictInteger, StrictSerializer, StrictString
from campaigns.api.instants import format_instant
from campaigns.models.offer import MAXIMUM_DESCRIPTION, IssuedOffer, IssuedOfferState, Offer


class OfferIn(StrictSerializer):
    """The object `offer` of a create."""

    name = StrictString()
    guid = StrictString(required=False)
    points = StrictInteger(required=False, allow_null=True)
    description = StrictString(required=False, allow_null=True, max_length=MAXIMUM_DESCRIPTION)
    total_limit = StrictInteger(required=False, allow_null=True, minimum=1)
    limit_per_customer = StrictInteger(required=False, allow_null=True, minimum=1)
    starts_at = Instant(required=False, allow_null=True)
    ends_at = Instant(required=False, allow_null=True)


class OfferOut(AnswerSerializer):
    """An offer; `id` is what an outcome's `model_id` names, `guid` the id of a `deal`."""

    id = serializers.IntegerField()
    guid = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    points = serializers.IntegerField(allow_null=True)
    total_limit = serializers.IntegerField(allow_null=True)
    limit_per_customer = serializers.IntegerField(allow_null=True)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    issued_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, offer: Offer) -> dict[str, object]:
        """The offer in this dialect's forms."""
        return {
            "id": offer.pk,
            "guid": offer.guid,
            "name": offer.name,
            "description": offer.description,
            "points": offer.points,
            "total_limit": offer.total_limit,
            "limit_per_customer": offer.limit_per_customer,
            "starts_at": _instant(offer.starts_at),
            "ends_at": _instant(offer.ends_at),
            "issued_count": offer.issued_count,
            "created_at": _instant(offer.created_at),
            "updated_at": _instant(offer.updated_at),
        }


class IssuedOfferMembers(AnswerSerializer):
    """What both versions of the dialect show of an offer in a customer's hands, each with times in its own form."""

    id = serializers.IntegerField()
    offer_id = serializers.IntegerField()
    guid = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=IssuedOfferState.values)

    @staticmethod
    def written(moment: datetime | None) -> str | None:
        """A time in the version's form."""
        raise NotImplementedError

    def to_representation(self, issued: IssuedOffer) -> dict[str, object]:
        """The issued offer as it stands at the context's `now`."""
        return {
            "id": issued.pk,
            "offer_id": issued.offer_id,
            "guid": issued.offer.guid,
            "name": issued.offer.name,
            "state": issued.state(self.context["now"]).value,
            "issued_at": self.written(issued.issued_at),
            "expires_at": self.written(issued.expires_at),
            "redeemed_at": self.written(issued.redeemed_at),
        }


class IssuedOfferOut(IssuedOfferMembers):
    """An offer in a customer's hands; `id` is what is redeemed."""

    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    redeemed_at = serializers.DateTimeField(allow_null=True)

    @staticmethod
    def written(moment: datetime | None) -> str | None:
        """`2020-08-12T17:45:48Z`."""
        return _instant(moment)


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant(moment)
