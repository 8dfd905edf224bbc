"""The WSGI application that the web server loads."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# What is loaded by now stays as long as the process: the views too, and nothing of it is looked at again when memory is
# searched for what has gone. Such a search takes 100 ms otherwise, in the middle of some request.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
