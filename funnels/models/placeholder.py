"""Where banners are shown (contract 3, Placeholders)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from customers.models import Application
from customers.tenancy import TenantModel

MAXIMUM_BANNERS = 20
MAXIMUM_PIXELS = 10_000
MAXIMUM_MILLISECONDS = 3_600_000


class Placeholder(TenantModel):
    """A place on an application's pages or screens; sizes in pixels, times in milliseconds.

    `maximum_banners` is 1 for a single banner and more for a carousel, which changes every `transition_time`.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="placeholders")
    name = models.CharField(max_length=255)
    width = models.PositiveIntegerField(validators=[MaxValueValidator(MAXIMUM_PIXELS)])
    height = models.PositiveIntegerField(validators=[MaxValueValidator(MAXIMUM_PIXELS)])
    maximum_banners = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MAXIMUM_BANNERS)]
    )
    transition_time = models.PositiveIntegerField(default=5000, validators=[MaxValueValidator(MAXIMUM_MILLISECONDS)])
    is_popup = models.BooleanField(default=False, help_text="Banners unfold in a popup.")
    popup_timeout = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(MAXIMUM_MILLISECONDS)], help_text="0: the popup stays open."
    )
    popup_show_close = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "name"],
                name="placeholder_name_unique",
                violation_error_message="The application already has a placeholder of this name.",
            ),
            models.CheckConstraint(
                condition=Q(maximum_banners__gte=1, maximum_banners__lte=MAXIMUM_BANNERS),
                name="placeholder_maximum_banners",
            ),
        ]

    def __str__(self) -> str:
        return self.name
