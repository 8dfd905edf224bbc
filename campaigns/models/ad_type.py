"""The kinds of message of contract 1: every `ad_type` and the `creative_type` values that go with it."""

from django.db import models


class AdType(models.TextChoices):
    """The internal type of a creative; its message object stands under this key."""

    ISSUE_AUDIENCE_CSV = "issue_audience_csv", "email file export"
    ISSUE_AUDIENCE_CSV_NO_MSG = "issue_audience_csv_no_msg", "dummy message"
    ISSUE_BULK_OFFER = "issue_bulk_offer", "bulk offer message"
    AUDIENCE_EXPORT = "audience_export", "audience export"
    MESSAGING_PLATFORM = "messaging_platform", "external message"
    EMAIL_MESSAGE = "email_message", "email message"
    PUSH_MESSAGE = "push_message", "push notification"


class CreativeType(models.TextChoices):
    """The internal subtype of a creative."""

    ISSUE_AUDIENCE_CSV = "issue-audience-csv", "email file export"
    ISSUE_AUDIENCE_CSV_NO_MSG = "issue-audience-csv-no-msg", "dummy message"
    ISSUE_BULK_OFFER = "issue-bulk-offer", "bulk offer message"
    AUDIENCE_EXPORT_AIRSHIP = "audience-export-airship", "Airship audience export"
    AUDIENCE_EXPORT_CHEETAH = "audience-export-cheetah", "Cheetahmail audience export"
    AUDIENCE_EXPORT_S3 = "audience-export-s3", "AWS audience export"
    AUDIENCE_EXPORT_FACEBOOK = "audience-export-facebook", "Facebook audience export"
    MESSAGING_PLATFORM_EXTERNAL = "messaging-platform-external", "external message"
    MESSAGING_PLATFORM_EMAIL = "messaging-platform-email", "email message"
    MESSAGING_PLATFORM_PUSH = "messaging-platform-push", "push notification"


CREATIVE_TYPES: dict[AdType, tuple[CreativeType, ...]] = {
    AdType.ISSUE_AUDIENCE_CSV: (CreativeType.ISSUE_AUDIENCE_CSV,),
    AdType.ISSUE_AUDIENCE_CSV_NO_MSG: (CreativeType.ISSUE_AUDIENCE_CSV_NO_MSG,),
    AdType.ISSUE_BULK_OFFER: (CreativeType.ISSUE_BULK_OFFER,),
    AdType.AUDIENCE_EXPORT: (
        CreativeType.AUDIENCE_EXPORT_AIRSHIP,
        CreativeType.AUDIENCE_EXPORT_CHEETAH,
        CreativeType.AUDIENCE_EXPORT_S3,
        CreativeType.AUDIENCE_EXPORT_FACEBOOK,
    ),
    AdType.MESSAGING_PLATFORM: (CreativeType.MESSAGING_PLATFORM_EXTERNAL,),
    AdType.EMAIL_MESSAGE: (CreativeType.MESSAGING_PLATFORM_EMAIL,),
    AdType.PUSH_MESSAGE: (CreativeType.MESSAGING_PLATFORM_PUSH,),
}


# Handed over as a whole audience, by one worker.
EXPORTS = frozenset({AdType.ISSUE_AUDIENCE_CSV, AdType.AUDIENCE_EXPORT})


class DeliveryMethod(models.TextChoices):
    """How a message is delivered: at a time, or when a behavior is earned."""

    SCHEDULED = "scheduled"
    TRIGGERED = "triggered"
