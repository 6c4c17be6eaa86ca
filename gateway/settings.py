"""Every setting of the gateway: its default, its unit in its name, and the reason for the default.

Read once at the start from a TOML file (`--config`) and from the environment, which wins:
`METERPOORT_HTTP__PORT=8080` is `port` in the table `[http]`. Whatever is wrong is told at once, all of
it together; a gateway with a setting it does not understand does not start.
"""

import difflib
import ipaddress
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_type_hints
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

KIB = 1024
MIB = 1024 * KIB
DATABASE_FILE = "meterpoort.db"
"""The embedded database, under the data directory."""
GIB = 1024 * MIB

PREFIX = "METERPOORT_"
WORKERS_MAX = 8
"""Workers that are started without being asked for."""
CONFIG_VARIABLE = "METERPOORT_CONFIG"
"""Names the TOML file where no `--config` does."""
FOR_CHECKS = frozenset(
    {
        "METERPOORT_BENCH_DIR",
        "METERPOORT_CONFORMANCE",
        "METERPOORT_CONFORMANCE_SEED",
        "METERPOORT_NLCIUS_XSLT",
        "METERPOORT_SETU_XSD",
        "METERPOORT_WUS_WSDL",
    }
)
"""Variables that checks and benches read: no settings, and no mistake where the gateway finds them."""

Count = Annotated[int, msgspec.Meta(ge=1)]
CountOrNone = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Duration = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP door."""

    host: str = "127.0.0.1"
    """This machine only: whoever opens the gateway to a network chooses so, and puts TLS before it."""
    port: Port = 8080
    """0 takes a free port, for tests."""
    public_url: str = ""
    """How the outside world reaches the gateway (`https://gateway.example.nl`): used in Location headers,
    problem types and the OpenAPI document. Empty: the address it listens on. Never made from a request."""
    metrics_need_key: bool = True
    """`/metrics` asks for an operator's key, which Prometheus sends as its `credentials`. False only where nothing
    but Prometheus can reach that path."""
    connections_max: Count = 512
    """Connections at the same time. Above it an idle one makes room, and where all are being served the new one is
    turned away with 503. Below 1,024, the open files that Linux gives a process by itself."""
    body_size_bytes_max: Count = 48 * MIB
    """20 MiB of attachments are 27 to 30 MiB in base64, and an invoice of 10 000 lines around them 9 MB."""
    idle_seconds_max: Duration = 30.0
    """How long a connection may be without a whole request header, before its first request and between two."""
    body_idle_seconds_max: Duration = 20.0
    """A sender that sends nothing this long in the middle of a body is cut off, so that half-open senders
    hold no connection."""
    body_seconds_max: Duration = 300.0
    """A whole body in 5 minutes: 20 MiB over a line of 1 Mbit/s takes 4."""
    large_bodies_max: Count = 64
    """How many bodies above `storage.small_content_size_bytes_max` stream in at the same time: bounds memory
    when many senders hand in 20 MiB at once."""
    wait_seconds_max: Duration = 60.0
    """Longest `Prefer: wait=` that is honoured; proxies close idle connections near this."""
    page_items_default: Count = 50
    """Items on a page of a list when the caller does not say."""
    page_items_max: Count = 500
    """Most items a caller may ask for on one page: an answer stays under a megabyte."""
    shutdown_seconds_max: Duration = 20.0
    """How long requests under way may take to end after SIGTERM; systemd and Docker wait 30."""


class Digipoort(msgspec.Struct, frozen=True, kw_only=True):
    """The Digipoort door: WUS 1.2 over mutual TLS."""

    tls_directory: Path | None = None
    """Folder with `server.pem`, `server-key.pem`, `ca.pem` (roots that are trusted, and intermediates) and maybe
    `crl/`; `meterpoort ca init` makes one to practise with. With it every door speaks mutual TLS and the Digipoort
    door is open; without it there is no Digipoort door."""
    legacy_sha1: bool = False
    """Accept signatures with RSA-SHA1 and answer them alike, for client programs from before Digikoppeling asked
    for SHA-2."""
    clock_skew_seconds: Duration = 300.0
    """How far a caller's clock may differ from ours."""
    message_age_seconds_max: Duration = 600.0
    """A signed message is used within this time: Digipoort's own messages expire after ten minutes."""
    token_may_differ: bool = False
    """Whether a message may be signed with a certificate of another OIN than the connection's, for software houses
    whose customers sign themselves."""
    trusted_proxies: str = ""
    """Networks of proxies that end TLS for us and hand the client's certificate on in `Client-Cert` (RFC 9440),
    as `10.0.0.0/8, 192.168.1.7`. From all others that header means nothing."""
    lone_status_with_last: bool = False
    """Client programs on Node take a list with exactly one status for no list, and break. True gives them the
    status before it again, with it; others see a status twice then."""
    ophaal_foutcode_prefix: str = "MPO"
    """First letters of the collect service's error codes; Digipoort's own are not public."""


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages, journal and meter stand."""

    url: str = ""
    """Empty: SQLite in `meterpoort.db` under the data directory, enough for one machine. For PostgreSQL:
    `postgresql://user@host/name`."""
    password_file: Path | None = None
    """File with the database password, so that it stands in no setting, process list or log (a Docker
    secret, a systemd credential)."""
    connections_max: Count = 10
    """Pooled PostgreSQL connections; a default server has room for 100, for all its users."""
    commit_messages_max: Count = 64
    """At most this many submissions share one commit: durability is paid once a group. A group is what came in
    during the commit before, so a quiet gateway answers at once."""


class Storage(msgspec.Struct, frozen=True, kw_only=True):
    """Where the bytes of documents and attachments stand."""

    url: str = ""
    """Empty: `documents` under the data directory. Else `s3://bucket/prefix` or any URL that obstore knows;
    its credentials come from the usual variables (`AWS_…`)."""
    small_content_size_bytes_max: CountOrNone = 256 * KIB
    """Content up to here stays in memory and is written with its message; larger content streams to
    storage while it comes in. An ordinary invoice is 20 KB."""


class Xml(msgspec.Struct, frozen=True, kw_only=True):
    """Limits on untrusted XML (`gateway.validator.xml.parsing.Limits`, the same names and defaults).
    Each is far above honest documents and closes one way to make reading costly."""

    document_bytes_max: Count = 48 * MIB
    """The whole document: 20 MiB of attachments is 27 MiB of base64, 30 MiB at its most wasteful; the rest is
    room for the markup."""
    markup_bytes_max: Count = 16 * MIB
    """What is left when the base64 is cut out, the part that becomes a tree: 10 000 invoice lines are 9 MB."""
    elements_max: Count = 200_000
    """Each costs some 400 bytes of memory and its share of all later stages; 10 000 invoice lines have 170 000."""
    attributes_max: Count = 200_000
    """Over all elements together; an attribute costs as much as an element."""
    attributes_per_element_max: Count = 100
    """UBL's richest element has 8; namespace declarations on the root count too."""
    name_length_max: Count = 512
    """Bytes of one element or attribute name: UBL's longest has 62, and names come back in findings."""
    depth_max: Annotated[int, msgspec.Meta(ge=1, le=256)] = 256
    """Elements inside one another. The parser's own stack stops at 256; honest documents stay below 30."""
    text_bytes_max: Count = 256 * KIB
    """One piece of text, attachments not counted: general terms of 100 pages fit. The schema check of a text in
    pieces costs its length times their number."""
    text_pieces_max: Count = 100
    """Comments, CDATA sections and instructions with no tag between them, which split a text in pieces."""
    references_max: Count = 50_000
    """Character and entity references (`&amp;`), each of which is a piece of its text."""


class Attachments(msgspec.Struct, frozen=True, kw_only=True):
    """What may travel with a document."""

    size_bytes_max: Count = 20 * MIB
    """Decoded bytes of all attachments of a message together, 20 × 1024 × 1024: Digipoort's limit."""
    count_max: Count = 200
    """Attachments of one message: more is a mistake of a program, not a wish of a person."""


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """What waits to be judged and delivered."""

    waiting_messages_max: Count = 20_000
    """Submissions beyond this get 503 with Retry-After, instead of a kenmerk that waits for hours."""
    retry_after_seconds: Count = 30
    """What a sender is told to wait when the queue is full."""
    judging_attempts_max: Count = 3
    """A message whose judging breaks technically so often is parked, so that one poisonous message does
    not stop the others."""


class Workers(msgspec.Struct, frozen=True, kw_only=True):
    """Processes that judge documents, apart from the process that answers senders."""

    count: CountOrNone = 0
    """0: one for each processor, at most eight. They yield the processor to the server whenever it wants it, and
    eight judge more than one database takes in."""
    memory_size_bytes_max: Count = 1 * GIB
    """Address space of one worker: a document that needs more ends its worker, not the gateway."""
    judging_seconds_max: Duration = 60.0
    """A document that takes longer is a technical failure; 10 000 lines take a few seconds."""
    judgements_max: Count = 10_000
    """A worker is replaced after so many documents: what fragments or leaks cannot grow for ever."""


class Mailbox(msgspec.Struct, frozen=True, kw_only=True):
    """What lies ready for recipients."""

    lease_seconds_default: Duration = 900.0
    """A message that is taken and not confirmed comes back after a quarter of an hour."""
    lease_seconds_max: Duration = 43_200.0
    """Longest lease a recipient may ask for: half a day, so that a message is back the same day."""
    take_messages_max: Count = 100
    """Messages leased in one request."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Messages brought to recipients that want that. Needs `digipoort.tls_directory`: what is sent is signed."""

    hosts_allowed: str = ""
    """Names of hosts that may be called although they stand inside a private network or speak plain HTTP, with
    commas between. Any other address inside a network of our own is never called."""
    oin: str = "00000099000000009000"
    """The gateway's own OIN, the source of its CloudEvents; the default is a test OIN."""
    answer_seconds_max: Duration = 60.0
    """How long a recipient may take to answer."""
    answers_must_be_signed: bool = True
    """An afleverservice signs its answer, as Digikoppeling asks. False takes one without any signature too: then
    TLS alone says who answered. A signature that is there is always verified, with its certificate's chain."""
    pause_seconds_first: Duration = 10.0
    """How long a recipient is left alone after one failure; doubles with each."""
    pause_seconds_max: Duration = 14_400.0
    """The doubling stops at 4 hours."""
    give_up_hours: Duration = 72.0
    """Then a message is returned to its sender: as long as Digipoort tries."""
    recipients_max: Count = 64
    """Recipients that are called at the same time: those that hang hold a place until the answer is overdue."""


class Meter(msgspec.Struct, frozen=True, kw_only=True):
    """Choices about counting where the tariff page is silent."""

    both_sides_pay: bool = True
    """A message from one non-Rijk party to another counts for both; false: for the sender alone."""
    own_bills_are_free: bool = True
    """A bill that the gateway itself sends is not counted: nobody pays for being billed."""


class Billing(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends the bills. Only the billing commands need it; they refuse to work while a part that a bill must
    hold is empty."""

    name: str = ""
    """Name of the issuer as the trade register has it."""
    kvk: str = ""
    """Its KvK number: every Dutch bill names it (BR-NL-1)."""
    oin: str = ""
    """Its OIN, by which the gateway and Peppol know it."""
    vat_number: str = ""
    """Its VAT number."""
    street: str = ""
    """Street and number of its establishment (BR-NL-3)."""
    postcode: str = ""
    """Postcode of its establishment."""
    city: str = ""
    """City of its establishment."""
    iban: str = ""
    """The account that bills are paid to."""
    bic: str = ""
    """The bank's BIC; may stay empty."""
    email: str = ""
    """Where debtors send questions."""
    phone: str = ""
    """Where debtors ring."""
    contact: str = ""
    """Who answers: a department rather than a person."""
    number_prefix: str = ""
    """Stands before the year in every bill's number, to tell it from other series: `GD` gives GD2026-000001."""
    sends_bills: bool = True
    """The server sends every issued bill through the gateway itself to the debtors whose OIN the register knows;
    false: finance sends them another way."""
    approval_by_another: bool = True
    """Who approves a run is not who prepared it: four eyes."""


class Drop(msgspec.Struct, frozen=True, kw_only=True):
    """The daily drop for finance: a day's entries, its month's statements, its year's bills and journal."""

    url: str = ""
    """A directory, or `s3://bucket/prefix` or any URL that obstore knows (credentials as for `storage.url`).
    Empty: no drop."""
    hour: Annotated[int, msgspec.Meta(ge=1, le=23)] = 3
    """From this hour in Amsterdam yesterday's drop is written: not before one, when what came in around midnight
    is surely recorded."""
    formats: str = "csv"
    """How entries, statements and bills are written, with commas between: `csv`, `jsonl`, `xlsx`, `parquet`."""
    journal_formats: str = "csv, xaf"
    """How the journal is written, with commas between: `csv`, `json`, `xlsx`, `parquet`, `xaf`, `hledger`,
    `beancount`."""
    days_back_max: Count = 31
    """How many days back a missing drop is made up: a target that was away for a month loses nothing."""


DROP_FORMATS = {
    "formats": ("csv", "jsonl", "xlsx", "parquet"),
    "journal_formats": ("csv", "json", "xlsx", "parquet", "xaf", "hledger", "beancount"),
}


class Reaper(msgspec.Struct, frozen=True, kw_only=True):
    """Removes leftovers of submissions that were never finished."""

    pass_hours: Duration = 24.0
    """Time between two passes: each lists the whole storage, and a leftover of a day harms nobody."""
    orphan_hours_min: Annotated[float, msgspec.Meta(ge=1)] = 24.0
    """Objects in storage that no message names are removed when they are older than this: long after the slowest
    submission, so nothing that is still coming in is touched. At least an hour, for a pack grows for minutes."""
    orphan_share_max: Share = 0.5
    """When more than this share of the old objects (and more than 100) would go, nothing goes: then the database
    is rather the wrong one, or restored from too long ago, than the storage full of leftovers."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """When the gateway calls itself unfit for traffic (`/readyz`)."""

    disk_free_bytes_min: CountOrNone = 1 * GIB
    """Below this nothing more is taken in: room is left to finish what was."""
    queue_share_max: Share = 0.9
    """Share of `queue.waiting_messages_max` above which a load balancer should choose another."""
    check_seconds_max: Duration = 5.0
    """A check that takes longer has failed: a hanging disk is a broken disk."""


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway writes to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """`info` is one line for each step of a message."""
    format: Literal["json", "text"] = "json"
    """`json` for machines, `text` for a person at a terminal."""


class Testing(msgspec.Struct, frozen=True, kw_only=True):
    """For test environments. Never in production."""

    sandbox: bool = False
    """Every message is handled in full as a test: judged and delivered, never metered."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, by table."""

    data_directory: Path = Path("var")
    """Where the embedded database and the documents stand unless a URL says otherwise."""
    http: Http = Http()
    digipoort: Digipoort = Digipoort()
    database: Database = Database()
    storage: Storage = Storage()
    xml: Xml = Xml()
    attachments: Attachments = Attachments()
    queue: Queue = Queue()
    workers: Workers = Workers()
    mailbox: Mailbox = Mailbox()
    delivery: Delivery = Delivery()
    meter: Meter = Meter()
    billing: Billing = Billing()
    drop: Drop = Drop()
    reaper: Reaper = Reaper()
    health: Health = Health()
    log: Log = Log()
    testing: Testing = Testing()

    def database_url(self) -> str:
        """The database's URL as SQLAlchemy wants it: the async driver named, the password filled in.

        Raises OSError when the password file cannot be read.
        """
        if not self.database.url:
            return f"sqlite+aiosqlite:///{self.data_directory / DATABASE_FILE}"
        scheme, _, rest = self.database.url.partition("://")
        drivers = {
            "postgresql": "postgresql+psycopg",
            "postgres": "postgresql+psycopg",
            "sqlite": "sqlite+aiosqlite",
        }
        url = f"{drivers.get(scheme, scheme)}://{rest}"
        return _with_password(url, self.database.password_file) if self.database.password_file else url

    def storage_url(self) -> str:
        """Where documents stand, as a URL: `file:///…` or what the setting says."""
        return self.storage.url or (self.data_directory / "documents").absolute().as_uri()

    def worker_count(self) -> int:
        """How many processes judge documents."""
        return self.workers.count or min(WORKERS_MAX, _processors())


def _processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SettingsError(Exception):
    """The settings cannot be used; `problems` says all that is wrong, one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("the settings cannot be used:\n" + "\n".join(f"  - {problem}" for problem in problems))
        self.problems = problems


Table = TypeVar("Table", bound=msgspec.Struct)
Raw = Mapping[str, object]


def load(config: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the file, if there is one, and from the environment, which wins.

    Raises SettingsError with everything that is wrong.
    """
    environ = os.environ if environ is None else environ
    problems: list[str] = []
    if config is None and environ.get(CONFIG_VARIABLE):
        config = Path(environ[CONFIG_VARIABLE])
    from_file = _read_file(config, problems) if config else {}
    from_environment = _from_environment(environ, problems)
    settings = _Reader(problems).table(Settings, "", from_file, from_environment)
    problems.extend(contradictions(settings))
    if problems:
        raise SettingsError(tuple(problems))
    return settings


def contradictions(settings: Settings) -> Iterator[str]:
    """Settings that are each well-formed and cannot all hold, one sentence each."""
    in_base64 = settings.attachments.size_bytes_max * 4 // 3
    if settings.http.body_size_bytes_max <= in_base64:
        yield (
            f"http.body_size_bytes_max ({settings.http.body_size_bytes_max}) must be above {in_base64}: "
            "attachments.size_bytes_max in base64"
        )
    pairs = (
        ("mailbox.lease_seconds_default", "mailbox.lease_seconds_max"),
        ("http.page_items_default", "http.page_items_max"),
        ("http.body_idle_seconds_max", "http.body_seconds_max"),
        ("xml.document_bytes_max", "http.body_size_bytes_max"),
    )
    for lower, upper in pairs:
        if _value(settings, lower) > _value(settings, upper):
            yield f"{lower} ({_value(settings, lower)}) must not be above {upper} ({_value(settings, upper)})"
    if settings.reaper.orphan_hours_min * 3_600 <= settings.http.body_seconds_max:
        yield (
            f"reaper.orphan_hours_min ({settings.reaper.orphan_hours_min}) must be longer than "
            f"http.body_seconds_max ({settings.http.body_seconds_max}): a body may still be coming in"
        )
    yield from _wrong_networks(settings.digipoort.trusted_proxies)
    yield from _wrong_formats("formats", settings.drop.formats)
    yield from _wrong_formats("journal_formats", settings.drop.journal_formats)
    scheme = settings.database.url.partition("://")[0] if settings.database.url else "sqlite"
    if scheme.partition("+")[0] not in {"sqlite", "postgresql", "postgres"}:
        yield f"database.url begins with {scheme!r}: only sqlite and postgresql are known"


def listed(text: str) -> tuple[str, ...]:
    """The names in a setting that has commas between them."""
    return tuple(filter(None, map(str.strip, text.split(","))))


def _wrong_formats(setting: str, text: str) -> Iterator[str]:
    names, known = listed(text), DROP_FORMATS[setting]
    if not names:
        yield f"drop.{setting} is empty: name one of {', '.join(known)}"
    for name in names:
        if name not in known:
            yield f"drop.{setting} holds {name!r}: only {', '.join(known)} are known"


def _wrong_networks(text: str) -> Iterator[str]:
    for name in listed(text):
        try:
            ipaddress.ip_network(name)
        except ValueError:
            yield f"digipoort.trusted_proxies holds {name!r}, which is no network"


def _value(settings: Settings, name: str) -> float:
    table, _, field = name.partition(".")
    value = getattr(getattr(settings, table), field)
    return value if isinstance(value, int | float) else 0


def _read_file(path: Path, problems: list[str]) -> Raw:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(f"{path}: {error.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path} is not TOML: {error}")
    return {}


def _from_environment(environ: Mapping[str, str], problems: list[str]) -> Raw:
    """`METERPOORT_HTTP__PORT=1` as `{"http": {"port": "1"}}`; what has no table stands at the top."""
    found: dict[str, object] = {}
    tables: dict[str, dict[str, object]] = {}
    for given in sorted(environ):
        if not given.startswith(PREFIX) or given == CONFIG_VARIABLE or given in FOR_CHECKS:
            continue
        table, double, field = given.removeprefix(PREFIX).lower().partition("__")
        if double:
            tables.setdefault(table, {})[field] = environ[given]
        else:
            found[table] = environ[given]
    problems.extend(f"{variable(name)} is a table: write {variable(name)}__…" for name in found.keys() & tables)
    return found | tables


class _Reader:
    """Turns raw tables into settings and goes on after each problem."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems

    def table(self, kind: type[Table], name: str, from_file: object, from_environment: object) -> Table:
        """The table with every value that can be read, the defaults for those that cannot."""
        file_values = self._mapping(name, from_file, "a table")
        environment_values = self._mapping(variable(name), from_environment, f"written as {variable(name)}__…")
        hints = get_type_hints(kind, include_extras=True)
        self._unknown(name, hints, file_values, environment_values)
        values: dict[str, object] = {}
        for field, wanted in hints.items():
            full = _full(name, field)
            inner = (file_values.get(field, {}), environment_values.get(field, {}))
            if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
                values[field] = self.table(wanted, full, *inner)
            elif field in environment_values:
                self._read(values, field, variable(full), environment_values[field], wanted)
            elif field in file_values:
                self._read(values, field, full, file_values[field], wanted)
        return kind(**values)

    def _mapping(self, name: str, value: object, should_be: str) -> Raw:
        if isinstance(value, dict):
            return value
        self.problems.append(f"{name} should be {should_be}, not {value!r}")
        return {}

    def _unknown(self, name: str, known: Mapping[str, object], file_values: Raw, environment_values: Raw) -> None:
        given = [(field, _full(name, field)) for field in file_values]
        given += [(field, variable(_full(name, field))) for field in environment_values]
        for field, full in given:
            if field not in known:
                self.problems.append(f"{full} is not a setting{_nearest(field, known)}")

    def _read(self, values: dict[str, object], field: str, name: str, raw: object, wanted: object) -> None:
        from_environment = name.startswith(PREFIX)
        try:
            values[field] = msgspec.convert(raw, wanted, strict=not from_environment, dec_hook=_path)
        except msgspec.ValidationError as error:
            self.problems.append(f"{name} = {raw!r}: {str(error)[:1].lower()}{str(error)[1:]}")


def _full(table: str, field: str) -> str:
    return f"{table}.{field}" if table else field


def variable(name: str) -> str:
    """The environment variable of a setting: `http.port` is `METERPOORT_HTTP__PORT`."""
    return PREFIX + name.replace(".", "__").upper()


def _nearest(field: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(field, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _path(wanted: type, value: object) -> object:
    if wanted is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError("expected a path")


def _with_password(url: str, file: Path) -> str:
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    password = quote(file.read_text(encoding="utf-8").strip(), safe="")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:{password}@{host}"))
