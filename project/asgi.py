import os

from django.core.asgi import get_asgi_application

import chatinterface.asgi
from project.static_files import CompressedStaticFilesHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

application = chatinterface.asgi.application(CompressedStaticFilesHandler(get_asgi_application()))
