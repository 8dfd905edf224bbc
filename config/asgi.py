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
# Only now: the dialects' shapes need Django's applications.
refusals = import_module("config.handlers")
application = Door(handler, refusals, threads=settings.WEB_THREADS)

# What is loaded by now stays as long as the process: the views too, and nothing of it is looked at again when memory is
# searched for what has gone. Such a search takes 100 ms otherwise, in the middle of some request.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
