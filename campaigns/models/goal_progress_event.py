"""Events as far as goals still have to know of them."""

from django.db import models
from django.db.models import Q

from campaigns.models.achievement import Achievement
from customers.models import CustomerOwned


class GoalProgressEvent(CustomerOwned):
    """An event that counted towards a goal, or several; `amount` where the goal counts money or there are several.

    Where a goal has no period only their sum matters, and one row stands for all. A completion consumes it. A consumed
    one is kept only where the goal still asks about it: a throttle, or days that count once.
    """

    goal = models.ForeignKey(Achievement, on_delete=models.CASCADE, related_name="progress_events")
    at = models.DateTimeField()
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    is_consumed = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["customer", "goal", "at"], name="goal_progress_event_of_goal"),
            models.Index(
                fields=["customer", "goal", "at"], condition=Q(is_consumed=False), name="goal_progress_event_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.goal} at {self.at}"
