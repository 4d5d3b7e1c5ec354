"""The WSGI application that the web server's workers run."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhihai.site.settings")
application = get_wsgi_application()
