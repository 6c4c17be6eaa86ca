"""Settings: defaults, where they come from, and that everything wrong is reported at once."""

import dataclasses
import tomllib
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from gateway import settings as module
from gateway.billing.documents.journals import JournalFormat
from gateway.billing.rating.services import Service
from gateway.docs import attribute_docstrings, settings_page
from gateway.metering.export import Format
from gateway.settings import (
    DatabaseSettings,
    HttpSettings,
    Period,
    Settings,
    SettingsError,
    contradictions,
    load,
    read_periods,
)
from gateway.validator.xml.parsing import Limits


def written(tmp_path: Path, toml: str) -> Path:
    path = tmp_path / "meterpoort.toml"
    path.write_text(toml, encoding="utf-8")
    return path


def problems_of(config: Path | None, environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(config, environ)
    return caught.value.problems


def test_defaults_agree_with_each_other() -> None:
    assert load(None, {}) == Settings()
    assert list(contradictions(Settings())) == []


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    config = written(tmp_path, 'data_directory = "/srv"\n[http]\nport = 1\nhost = "::"\n')
    found = load(config, {"METERPOORT_HTTP__PORT": "2", "METERPOORT_METER__BOTH_SIDES_PAY": "false"})
    assert (found.http.port, found.http.host, found.data_directory) == (2, "::", Path("/srv"))
    assert found.meter.both_sides_pay is False


def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    config = written(tmp_path, "[http]\nport = 7\n")
    assert load(None, {"METERPOORT_CONFIG": str(config)}).http.port == 7


def test_everything_wrong_is_reported_together(tmp_path: Path) -> None:
    config = written(
        tmp_path,
        'data_dir = "x"\nmeter = 1\n[http]\nport = "80"\nprot = 1\n[mailbox]\nlease_seconds_default = 90000\n',
    )
    problems = problems_of(
        config,
        {
            "METERPOORT_LOG": "debug",
            "METERPOORT_LOG__LEVEL": "loud",
            "METERPOORT_QUEUE__WAITING_MESSAGES_MAX": "0",
            "METERPOORT_FOO__BAR": "1",
        },
    )
    expected_parts = (
        "METERPOORT_LOG is a table: write METERPOORT_LOG__",
        "METERPOORT_LOG__LEVEL = 'loud'",
        "METERPOORT_QUEUE__WAITING_MESSAGES_MAX = '0'",
        "METERPOORT_FOO is not a setting",
        "data_dir is not a setting; did you mean data_directory?",
        "http.port = '80'",
        "http.prot is not a setting; did you mean port?",
        "meter should be a table",
        "mailbox.lease_seconds_default",
    )
    assert len(problems) == len(expected_parts)
    for part in expected_parts:
        assert [problem for problem in problems if part in problem], part


@pytest.mark.parametrize("toml", ["[http", "a = \n", "\x00"])
def test_a_file_that_is_not_toml_is_reported_with_its_name(tmp_path: Path, toml: str) -> None:
    config = written(tmp_path, toml)
    assert problems_of(config, {})[0].startswith(f"{config} is not TOML: ")


def test_a_file_that_is_missing_is_reported_with_its_name(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "none.toml", {}) == (f"{tmp_path / 'none.toml'}: No such file or directory",)


def test_a_body_must_have_room_for_the_attachments_in_base64() -> None:
    (problems,) = problems_of(None, {"METERPOORT_ATTACHMENTS__SIZE_BYTES_MAX": str(40 * 1024 * 1024)})
    assert "http.body_size_bytes_max" in problems


def test_only_databases_that_the_store_speaks() -> None:
    (problems,) = problems_of(None, {"METERPOORT_DATABASE__URL": "mysql://x"})
    assert problems == "database.url begins with 'mysql': only sqlite and postgresql are known"


@pytest.mark.parametrize("seconds", ["soon", "-1", "2.5"])
def test_a_time_to_connect_is_a_whole_number_of_seconds(seconds: str) -> None:
    url = f"postgresql://meterpoort@localhost/messages?connect_timeout={seconds}"
    (problem,) = problems_of(None, {"METERPOORT_DATABASE__URL": url})
    assert problem == f"database.url has connect_timeout={seconds}: give a whole number of seconds, 0 for no limit"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "sqlite+aiosqlite:///d/meterpoort.db"),
        ("sqlite:////x.db", "sqlite+aiosqlite:////x.db"),
        ("postgresql://u@h/n", "postgresql+psycopg://u@h/n"),
        ("postgres://u:p@h:1/n?ssl=require", "postgresql+psycopg://u:p@h:1/n?ssl=require"),
        ("postgresql+psycopg://u@h/n", "postgresql+psycopg://u@h/n"),
    ],
)
def test_the_database_url_names_its_driver(url: str, expected: str) -> None:
    environ = {"METERPOORT_DATABASE__URL": url, "METERPOORT_DATA_DIRECTORY": "d"}
    assert load(None, environ).database_url() == expected


def test_the_password_comes_from_its_file_and_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss/word\n")
    environ = {
        "METERPOORT_DATABASE__URL": "postgresql://me@db:5432/n",
        "METERPOORT_DATABASE__PASSWORD_FILE": str(tmp_path / "password"),
    }
    assert load(None, environ).database_url() == "postgresql+psycopg://me:p%40ss%2Fword@db:5432/n"


def test_documents_are_in_the_data_directory_by_default() -> None:
    assert load(None, {"METERPOORT_DATA_DIRECTORY": "/d"}).storage_url() == "file:///d/documents"
    assert load(None, {"METERPOORT_STORAGE__URL": "s3://bucket/x"}).storage_url() == "s3://bucket/x"


def test_caps_on_xml_are_those_of_the_reader() -> None:
    defaults = Settings()
    same_names = {
        "attachments_max": defaults.attachments.count_max,
        "attachments_bytes_max": defaults.attachments.size_bytes_max,
    }
    assert msgspec.structs.asdict(defaults.xml) | same_names == dataclasses.asdict(Limits())


def test_every_setting_has_its_reason() -> None:
    reasons = attribute_docstrings(module)
    for kind in msgspec.Struct.__subclasses__():
        if kind.__module__ == module.__name__:
            for field in msgspec.structs.fields(kind):
                if not isinstance(field.default, msgspec.Struct):
                    assert (kind.__name__, field.name) in reasons


def test_the_example_on_the_page_is_accepted(tmp_path: Path) -> None:
    example = settings_page().partition("```toml\n")[2].partition("```")[0]
    assert tomllib.loads(example)
    assert load(written(tmp_path, example), {}).http.host == "0.0.0.0"  # noqa: S104 - the example opens to a network


def test_several_processes_need_postgresql() -> None:
    several = HttpSettings(processes=2)
    [problem] = contradictions(Settings(http=several))
    assert "http.processes (2) must be 1 with SQLite" in problem
    assert list(contradictions(Settings(http=several, database=DatabaseSettings(url="postgresql://u@h/n")))) == []


def test_processes_of_one_machine_share_its_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_processors", lambda: 12)
    counts = [Settings(http=HttpSettings(processes=number)).worker_count() for number in (1, 2, 5, 40)]
    assert counts == [8, 6, 2, 1]


def test_roots_are_trusted_from_day_to_day() -> None:
    periods = read_periods("Root - G1 = /2028-11-12, C = 1 = 2026-10-01/, Both = 2026-10-01 / 2026-10-02")
    assert periods == {
        "Root - G1": Period(last=date(2028, 11, 12)),
        "C = 1": Period(first=date(2026, 10, 1)),
        "Both": Period(date(2026, 10, 1), date(2026, 10, 2)),
    }
    nearly = datetime(2026, 10, 3, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert periods["Both"].includes(nearly), "the day is that of UTC"
    assert not periods["Both"].includes(nearly + timedelta(hours=1))


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("ROOTS_TRUSTED", "Root - G1"),
        ("ROOTS_TRUSTED", "Root - G1 = 2028-11-12"),
        ("ROOTS_TRUSTED", "Root - G1 = /12-11-2028"),
        ("ROOTS_TRUSTED", "Root - G1 = 2028-11-12/2028-11-11"),
        ("ROOTS_TRUSTED", "Root = /2028-11-12, Root = /2029-11-12"),
        ("ROOTS_TRUSTED", "= /2028-11-12"),
        ("CERTIFICATE_POLICIES", "2.16.528.1.1003.1.2.8.6; 2.16.528"),
        ("CERTIFICATE_POLICIES", "NCP+"),
    ],
)
def test_terms_of_trust_that_are_wrong(setting: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"digipoort.{setting.lower()} holds "):
        load(None, {f"METERPOORT_DIGIPOORT__{setting}": text})


def test_names_in_settings_are_those_of_billing() -> None:
    """Settings know no other package, so they keep their own lists."""
    assert set(module.SERVICES) == set(Service)
    assert set(module.DROP_FORMATS["formats"]) == set(Format)
    assert set(module.DROP_FORMATS["journal_formats"]) == set(JournalFormat)
