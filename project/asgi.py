import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

import chatinterface.asgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

application = chatinterface.asgi.application(ASGIStaticFilesHandler(get_asgi_application()))
