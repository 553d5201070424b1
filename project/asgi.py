import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django_application = get_asgi_application()

# The models that this imports are there only once get_asgi_application() has set Django up.
import chatinterface.asgi  # noqa: E402

application = chatinterface.asgi.application(ASGIStaticFilesHandler(django_application))
