"""The product's settings for a worker that looks each second for indexes to make, and for nothing else."""

from config.settings import *  # noqa: F403 - all of them
from config.settings import CELERY_BEAT_SCHEDULE as PRODUCT

NAME = "maintain field indexes"
CELERY_BEAT_SCHEDULE = {NAME: PRODUCT[NAME] | {"schedule": 1.0}}
