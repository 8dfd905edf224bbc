"""The product's settings, with the references that are measured in the same server added to its addresses."""

from config.settings import *  # noqa: F403 - all of them

ROOT_URLCONF = "tests.bench.urls"
# The mail server is on this machine too.
ALLOW_PRIVATE_DESTINATIONS = True
# The servers under load, and Django's test client.
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
# Requests, new visitors and impressions are counted, as in production, but never too many.
REQUESTS_PER_MINUTE = NEW_VISITORS_PER_MINUTE = CHARGED_IMPRESSIONS_PER_MINUTE = 2**31
# As many as ask at a time.
SEARCHES_AT_A_TIME = PREVIEWS_AT_A_TIME = 64
