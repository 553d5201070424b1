"""Where the files of conversations are."""

from __future__ import annotations

from django.core.files.storage import Storage, default_storage, storages

STORAGE_ALIAS = "chatinterface"


def attachment_storage() -> Storage:
    """The storage of uploads: ``STORAGES["chatinterface"]`` where the site has it, else the default one."""
    return storages[STORAGE_ALIAS] if STORAGE_ALIAS in storages.backends else default_storage
