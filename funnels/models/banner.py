"""What is shown in a placeholder (contract 3, Banner detail)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from campaigns.models import AdCampaign, AdGroup
from customers.tenancy import TenantModel
from funnels.models.placeholder import Placeholder

MAXIMUM_WEIGHT = 1000


class Banner(TenantModel):
    """A banner of a campaign: an image (`link`, server-relative) or HTML, which is stored sanitised.

    With a creative group it keeps to the group's status, dates and targets as well. Of several banners of a campaign in
    one placeholder one is shown at a time, in proportion to `weight`.
    """

    placeholder = models.ForeignKey(Placeholder, on_delete=models.CASCADE, related_name="banners")
    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="banners")
    group = models.ForeignKey(AdGroup, on_delete=models.CASCADE, related_name="banners", null=True, blank=True)
    link = models.CharField(max_length=2048, blank=True, default="")
    html_content = models.TextField(blank=True, default="")
    weight = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MAXIMUM_WEIGHT)]
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(link="", html_content__gt="") | Q(link__gt="", html_content=""),
                name="banner_image_or_html",
                violation_error_message="A banner is an image link or HTML.",
            ),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=MAXIMUM_WEIGHT), name="banner_weight"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} in {self.placeholder}"
