"""The ASGI application that the web server loads: the door, and Django behind it."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.door.application import Door
from config.utf8_request import Utf8Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

handler = get_wsgi_application()
handler.request_class = Utf8Request
# Imported only now: the dialects' error shapes need Django's applications.
error_responses = import_module("config.handlers")
application = Door(handler, error_responses, threads=settings.WEB_THREADS)

# Load the views, then freeze: what is loaded by now lives as long as the process, and the garbage collector need not
# look at it again. A full collection would otherwise take 100 ms in the middle of some request.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
