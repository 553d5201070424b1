import json
import os
from pathlib import Path

import django

from project import channel_layers, databases

BASE_DIR = Path(__file__).resolve().parent.parent

# A site of your own reads its key from a safe place; this one has no secrets to keep.
SECRET_KEY = os.environ.get("SECRET_KEY", "the demo site keeps no secrets, so its key may be read by everyone")
DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "daphne",
    "chatinterface",
    "project",
    "project.instruments",
    "channels",
    "django_htmx",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware"
    if django.VERSION >= (6, 0)
    else "project.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
# The strictest policy there is, under which the chats are tested. `make run` asks for it; tools that measure a page by
# evaluating scripts of their own in it cannot have it.
SECURE_CSP = {"default-src": ["'self'"]} if os.environ.get("STRICT_CSP") == "1" else {}

ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": databases.from_url(os.environ.get("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS = {
    "default": channel_layers.from_environment(
        os.environ.get("REDIS_URL"), capacity=int(os.environ.get("CHANNEL_CAPACITY", "100"))
    )
}

# One process serves this site, for which the layer and the cache in memory are right.
SILENCED_SYSTEM_CHECKS = ["chatinterface.W002", "chatinterface.W008"]

# The app's own settings, for instance CHATINTERFACE_SETTINGS='{"LEASE": 5}'.
# project.csp, which is Django's own from 6.0 on, only sets a header.
CHATINTERFACE = {"SEND_BY_SOCKET": True} | json.loads(os.environ.get("CHATINTERFACE_SETTINGS", "{}"))

LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static_root"
# Uploads to a chat are served to their owner alone, so they lie apart from everything that is public.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "chatinterface": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": os.environ.get("UPLOADS", BASE_DIR / "uploads")},
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"chatinterface": {"handlers": ["console"], "level": "INFO"}},
}
