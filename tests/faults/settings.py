"""The product's settings for workers under fire: small chunks, short leases, and providers that die on demand."""

from config.settings import *  # noqa: F403 - all of them
from config.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "tests.faults.app.FaultsConfig"]
