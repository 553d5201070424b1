import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from pytest_django import Settings

from chatinterface import conf


def test_defaults_without_setting(settings: Settings) -> None:
    del settings.CHATINTERFACE
    assert conf.get() == conf.Settings()


def test_given_over_defaults() -> None:
    with override_settings(CHATINTERFACE={"LEASE": 5}):
        assert conf.get() == conf.Settings(lease=5)


def test_read_anew_when_changed() -> None:
    with override_settings(CHATINTERFACE={"LEASE": 5}):
        assert conf.get().lease == 5
    assert conf.get().lease == conf.Settings().lease


@override_settings(CHATINTERFACE={"LEASES": 5})
def test_unknown_key_lists_known() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"unknown key 'LEASES'. The keys are: .*LEASE, "):
        conf.get()
