"""Assembles the product: settings, URLs, processes, and everything that spans all apps.

Importing this package loads nothing else, as the small processes that watch PostgreSQL import it too; the Celery
application is loaded with Django's apps (`config.apps`).
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
