from collections.abc import Iterator
from dataclasses import fields

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from pytest_django import Settings

from chatinterface import conf


@pytest.fixture
def unread() -> Iterator[None]:
    """What was read before is forgotten: that a setting is taken away is not signalled."""
    conf.get.cache_clear()
    yield
    conf.get.cache_clear()


@pytest.mark.usefixtures("unread")
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


NUMBERS = [field.name.upper() for field in fields(conf.Settings) if field.name not in conf.SWITCHES]


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("value", ["x", 0, -1, True, float("nan"), float("inf"), []])
def test_values_are_positive_numbers(key: str, value: object) -> None:
    with override_settings(CHATINTERFACE={key: value}), pytest.raises(ImproperlyConfigured) as refused:
        conf.get()
    assert f'CHATINTERFACE["{key}"] = {value!r} must be a' in str(refused.value)


@pytest.mark.parametrize("key", [name.upper() for name in conf.SWITCHES])
@pytest.mark.parametrize("value", ["x", 0, 1, [], float("nan")])
def test_switches_are_on_or_off(key: str, value: object) -> None:
    with override_settings(CHATINTERFACE={key: value}), pytest.raises(ImproperlyConfigured) as refused:
        conf.get()
    assert f'CHATINTERFACE["{key}"] = {value!r} must be True, False, or None.' in str(refused.value)


@pytest.mark.parametrize("key", [field.name.upper() for field in fields(conf.Settings) if field.default is not None])
def test_values_are_not_none(key: str) -> None:
    with override_settings(CHATINTERFACE={key: None}), pytest.raises(ImproperlyConfigured, match="None must be a"):
        conf.get()


@pytest.mark.parametrize("key", ["CALLBACK_THREADS", "REQUEST_THREADS", "DATABASE_THREADS", "WINDOW"])
def test_counts_are_whole(settings: Settings, key: str) -> None:
    settings.CHATINTERFACE = {key: 200_000.5}
    with pytest.raises(ImproperlyConfigured, match=rf'"{key}"\] = 200000.5 must be a positive whole number\.'):
        conf.get()


@override_settings(CHATINTERFACE={"LEASE": 2.9, "CHECKPOINT": 1})
def test_lease_outlives_checkpoints() -> None:
    with pytest.raises(ImproperlyConfigured, match=r'"LEASE"\] = 2\.9 must be at least 3, three times CHECKPOINT'):
        conf.get()


@override_settings(CHATINTERFACE={"WINDOW": 131_071})
def test_window_holds_acknowledgements() -> None:
    with pytest.raises(ImproperlyConfigured, match=r'"WINDOW"\] = 131071 must be at least 131072'):
        conf.get()


@pytest.mark.parametrize("given", [None, [], "LEASE"])
def test_settings_are_a_dict(settings: Settings, given: object) -> None:
    settings.CHATINTERFACE = given
    with pytest.raises(ImproperlyConfigured, match=r"CHATINTERFACE must be a dict, like \{\"LEASE\": 10\}\."):
        conf.get()
