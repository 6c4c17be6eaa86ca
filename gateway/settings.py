"""Every setting of the gateway: its default, its unit in its name, and the reason for the default.

Settings are read once, at the start, from a TOML file (`--config`) and from the environment, which takes
precedence: `METERPOORT_HTTP__PORT=8080` is `port` in the table `[http]`. All mistakes are reported together,
and a gateway with a setting that is unknown or invalid does not start.
"""

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_type_hints
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit

import msgspec

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

DATABASE_FILE = "meterpoort.db"
"""The embedded database, in the data directory."""

PREFIX = "METERPOORT_"
CONTACT_EMAIL = "beheer@meterpoort.example"
WORKERS_MAX = 8
"""Most workers that are started when `workers.count` is 0."""
CONFIG_VARIABLE = "METERPOORT_CONFIG"
"""Names the TOML file when `--config` is not given."""
NO_SETTINGS = frozenset(
    {
        "METERPOORT_API_RULESET",
        "METERPOORT_BENCH_DIR",
        "METERPOORT_CII_XSLT",
        "METERPOORT_CONFORMANCE",
        "METERPOORT_CONFORMANCE_SEED",
        "METERPOORT_GACCOUNT_XSLT",
        "METERPOORT_KEY",
        "METERPOORT_NLCIUS_CII_XSLT",
        "METERPOORT_NLCIUS_XSLT",
        "METERPOORT_OHNL",
        "METERPOORT_PEPPOL_SELF_BILLING_XSLT",
        "METERPOORT_PEPPOL_XSLT",
        "METERPOORT_RECORDED",
        "METERPOORT_SETU_SCHEMATRON",
        "METERPOORT_SETU_XSD",
        "METERPOORT_WUS_WSDL",
    }
)
"""Variables of tests, benchmarks and the caller of a command. They are not settings and are ignored here."""

Count = Annotated[int, msgspec.Meta(ge=1)]
CountOrNone = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Duration = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP server."""

    host: str = "127.0.0.1"
    """Only this machine by default. To open the gateway to a network, set another address and put TLS in front."""
    port: Port = 8080
    """0 chooses a free port, for tests."""
    processes: Count = 1
    """Processes of this machine that accept on the same port, each a separate gateway with its own limits; more
    than 1 only with PostgreSQL. For machines where one core is too little to accept and store: a process uses one
    core for that, and its workers the others for judging."""
    public_url: str = ""
    """The URL by which clients reach the gateway, such as `https://gateway.example.nl`: used in Location headers,
    problem types and the OpenAPI document. Empty: the address it listens on. The Host header is never used."""
    contact_email: str = CONTACT_EMAIL
    """Where users of the API may write to, named in the OpenAPI document (NL GOV API Design Rules,
    /core/doc-openapi-contact). The default is a name that cannot exist (RFC 2606): set your own."""
    metrics_need_key: bool = True
    """Whether `/metrics` requires an operator's key, which Prometheus sends as its `credentials`. Set to false
    only where Prometheus alone can reach that path."""
    operators_read_documents: bool = False
    """Whether operators may fetch documents and attachments; their usual work needs only reports and statuses.
    Each reading is in the register's log (`GET /v1/register-log`), as is that of a report."""
    connections_max: Count = 512
    """Connections at the same time. Above this a connection is closed to make room, first one that is idle, then a
    body that comes in without a key. When all are active, the new one is answered 503, except at `/healthz`,
    `/readyz` and `/metrics`. The default is below 1,024, Linux's usual limit of open files per process."""
    connections_per_address_max: Count = 448
    """Connections from one address; more make room among themselves in the same way. This machine's own addresses
    and those in `digipoort.trusted_proxies` are not limited: a proxy has the connections of all its clients."""
    connections_per_key_max: Count = 448
    """Connections of one API key or certificate; a request on one more is answered 429. The default leaves 64 of
    512 for everybody else."""
    body_size_bytes_max: Count = 48 * MIB
    """20 MiB of attachments take 27 to 30 MiB in base64, and an invoice of 10 000 lines another 9 MB."""
    idle_seconds_max: Duration = 30.0
    """A connection without a complete request header for this long is closed, both before its first request and
    between two requests."""
    header_seconds_max: Duration = 10.0
    """Most time from the first byte of a request to the end of its header."""
    body_bytes_per_second_min: Count = 4 * KIB
    """A body that comes in more slowly is cut off: 32 kbit/s is less than any line of today has."""
    body_idle_seconds_max: Duration = 20.0
    """How far a body may fall behind that rate, and so how long a client may send nothing; also how long it may
    accept nothing of its answer."""
    body_seconds_max: Duration = 300.0
    """Most time for a whole body: 20 MiB over a line of 1 Mbit/s takes 4 minutes."""
    large_bodies_max: Count = 64
    """How many bodies above `storage.small_content_size_bytes_max` may be received at the same time. Bounds memory
    when many clients send 20 MiB at once."""
    wait_seconds_max: Duration = 60.0
    """Longest `Prefer: wait=` that is honoured. Many proxies close connections that are idle for longer. While
    more than 32 messages wait to be judged it is not honoured."""
    page_items_default: Count = 50
    """Items on a page of a list when the request gives no limit."""
    page_items_max: Count = 500
    """Most items on one page: a response stays under a megabyte."""
    shutdown_seconds_max: Duration = 20.0
    """How long the gateway may take to stop after SIGTERM: requests have until 5 seconds before, or half of it.
    What is not answered then is cut off. systemd and Docker wait 30 seconds."""


class DigipoortSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Digipoort's SOAP services: WUS 1.2 over mutual TLS."""

    tls_directory: Path | None = None
    """Folder with `server.pem`, `server-key.pem`, `ca.pem` (trusted roots and intermediates) and optionally
    `crl/`; `meterpoort ca init` makes one for tests. With it the server speaks mutual TLS and offers the Digipoort
    services; without it there are none."""
    legacy_sha1: bool = False
    """Accept signatures with RSA-SHA1 and sign the response in the same way, for client programs older than
    Digikoppeling's requirement of SHA-2."""
    pss_and_ecdsa: bool = False
    """Also accept messages signed with RSASSA-PSS or ECDSA, and clients whose certificate has a key on the curve
    P-256, P-384 or P-521. Digikoppeling names RSA PKCS#1 v1.5 only; responses are signed with that."""
    clock_skew_seconds: Duration = 300.0
    """How far a caller's clock may differ from ours."""
    message_age_seconds_max: Duration = 600.0
    """A signed message that is older is refused: Digipoort's own messages expire after ten minutes."""
    token_may_differ: bool = False
    """Whether the certificate of the signature may have another OIN than that of the connection, for software
    companies whose customers sign themselves."""
    roots_trusted: str = ""
    """From when until when roots in `ca.pem` are trusted, by common name, for two generations of PKIoverheid
    side by side: `Old Root CA = /2028-11-12, New Root CA = 2026-10-01/`. Both dates are included, in UTC; either
    may be left out. A root that is not named is trusted for as long as it is valid."""
    certificate_policies: str = ""
    """OIDs of certificate policies, separated by commas: certificates of clients and recipients, and the
    intermediates above them, must have one of these. Empty: all that the trusted roots issued are accepted."""
    trusted_proxies: str = ""
    """Networks of proxies that terminate TLS and pass the client's certificate on in `Client-Cert` (RFC 9440), as
    `10.0.0.0/8, 192.168.1.7`. From any other address that header is ignored."""
    lone_status_with_last: bool = False
    """Some clients on Node cannot read a list with exactly one status. True repeats the previous status in such a
    list; other clients then see that status twice."""
    ophaal_foutcode_prefix: str = "MPO"
    """First letters of the error codes of the collect service; Digipoort's own are not public."""


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The database of messages, journal and meter."""

    url: str = ""
    """Empty: SQLite in `meterpoort.db` under the data directory, enough for one machine. For PostgreSQL:
    `postgresql://user@host/name`. Libpq's parameters may follow: `?connect_timeout=10` has a request wait 10
    seconds for a connection that answers, and not 5."""
    password_file: Path | None = None
    """File with the database password, such as a Docker secret or a systemd credential. It keeps the password out
    of settings, process lists and logs."""
    connections_max: Count = 10
    """Pooled PostgreSQL connections. A server accepts 100 by default, for all its users together."""
    commit_messages_max: Count = 64
    """Most submissions that share one commit. A group holds what arrived during the previous commit, so a gateway
    with little traffic answers at once."""


class StorageSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Storage of the bytes of documents and attachments."""

    url: str = ""
    """Empty: `documents` in the data directory. Otherwise `s3://bucket/prefix` or another URL that obstore
    supports, with credentials from the usual variables (`AWS_…`)."""
    small_content_size_bytes_max: CountOrNone = 256 * KIB
    """Content up to this size is kept in memory and written together with its message; larger content is streamed
    to storage while it is received. An ordinary invoice is 20 KB."""


class XmlSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits on untrusted XML (`gateway.validator.xml.parsing.Limits`, the same names and defaults).
    Each is far above what real documents need and prevents one way to make reading expensive."""

    document_bytes_max: Count = 48 * MIB
    """The whole document: 20 MiB of attachments is 27 to 30 MiB of base64, and the rest is for the markup."""
    markup_bytes_max: Count = 16 * MIB
    """The document without the base64 of its attachments, the part that is parsed: 10 000 invoice lines are 9
    MB."""
    elements_max: Count = 320_000
    """An element takes some 600 bytes of memory; 10 000 invoice lines have 170 000 elements, and 100 000
    reported hours 300 000 or more."""
    attributes_max: Count = 320_000
    """In the whole document; an attribute takes as much memory as an element."""
    attributes_per_element_max: Count = 100
    """UBL uses at most 8; namespace declarations count as attributes."""
    name_length_max: Count = 512
    """Bytes of one element or attribute name: UBL's longest has 62. Names are quoted in findings."""
    depth_max: Annotated[int, msgspec.Meta(ge=1, le=256)] = 256
    """Nesting of elements. The parser's own limit is 256; real documents stay below 30."""
    text_bytes_max: Count = 256 * KIB
    """One text, attachments not counted: general terms of 100 pages fit. The time to check a text against the
    schema is its length times the number of its pieces."""
    text_pieces_max: Count = 100
    """Comments, CDATA sections and processing instructions in one text, each of which splits it in pieces."""
    references_max: Count = 50_000
    """Character and entity references (`&amp;`), each of which is a piece of its text."""


class AttachmentsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits on the attachments of a message."""

    size_bytes_max: Count = 20 * MIB
    """Decoded bytes of all attachments of a message together: 20 × 1024 × 1024 is Digipoort's limit."""
    count_max: Count = 200
    """Attachments of one message. More than 200 is most likely a mistake of a program."""


class QueueSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The queue of messages that wait to be judged."""

    waiting_messages_max: Count = 20_000
    """When this many messages wait, new submissions are answered 503 with Retry-After."""
    storing_seconds_max: Duration = 0.05
    """A submission that would wait longer than this to be stored is answered 503 at once. It is estimated from
    those before it and what each took lately; 16 at the same time are always accepted."""
    retry_after_seconds: Count = 30
    """Value of Retry-After when the queue is full."""
    judging_attempts_max: Count = 3
    """A message is parked after this many technical failures of judging it, so that it does not hold up others."""


class WorkersSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Processes that judge documents, separate from the process that serves requests."""

    count: CountOrNone = 0
    """For each of `http.processes`; 0: one for each processor, divided among these, at most eight. Workers run at
    a lower priority than the server."""
    memory_size_bytes_max: Count = 1 * GIB
    """Address space of one worker; with `rule_sets` its data, as SaxonC reserves 32 GiB of address space that it
    does not use. A document that needs more ends its worker, not the gateway."""
    judging_seconds_max: Duration = 60.0
    """Judging that takes more processor time is a technical failure; 10 000 lines take a few seconds."""
    judgements_max: Count = 10_000
    """A worker is replaced after this many documents, so that its memory cannot keep growing."""


class MailboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Delivered messages that recipients fetch."""

    lease_seconds_default: Duration = 900.0
    """A leased message that is not confirmed becomes available again after this time."""
    lease_seconds_max: Duration = 43_200.0
    """Longest lease a recipient may request: half a day, so that a message is available again the same day."""
    take_messages_max: Count = 100
    """Most messages leased in one request."""


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Push delivery to recipients that ask for it. Needs `digipoort.tls_directory`: what is sent is signed."""

    hosts_allowed: str = ""
    """Host names that may be called although their address is private or they use plain HTTP, separated by commas.
    Other private addresses are never called."""
    oin: str = "00000099000000009000"
    """The gateway's own OIN, used as the source of its CloudEvents. The default is a test OIN."""
    answer_seconds_max: Duration = 60.0
    """How long a recipient may take to respond."""
    answers_must_be_signed: bool = True
    """An afleverservice signs its response, as Digikoppeling requires. False also accepts a response without a
    signature; then only TLS identifies the recipient. A signature that is present is always verified."""
    pause_seconds_first: Duration = 10.0
    """Pause before a recipient is called again after one failure; doubles with each failure."""
    pause_seconds_max: Duration = 14_400.0
    """Longest pause."""
    give_up_hours: Duration = 72.0
    """After this time a message is returned to its sender; Digipoort uses the same."""
    recipients_max: Count = 64
    """Recipients that are called at the same time. One that does not respond occupies a slot until its time
    limit."""


class MeterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How messages are counted where the published tariff leaves a choice."""

    both_sides_pay: bool = True
    """A message from one non-Rijk party to another counts for both; false: only for the sender."""
    own_bills_are_free: bool = True
    """Bills that the gateway itself sends are not counted."""


class BillingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The issuer of the bills. Only the billing commands need it; they stop with an error while a required part is
    empty."""

    name: str = ""
    """Name of the issuer in the trade register."""
    kvk: str = ""
    """Its KvK number, which every Dutch bill must have (BR-NL-1)."""
    oin: str = ""
    """Its OIN, which identifies it in the gateway and in Peppol."""
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
    """BIC of the bank; optional."""
    email: str = ""
    """E-mail address for questions of debtors."""
    phone: str = ""
    """Telephone number for questions of debtors."""
    contact: str = ""
    """Contact for questions: a department rather than a person."""
    number_prefix: str = ""
    """Prefix of every bill's number, to distinguish it from other series: `GD` gives GD2026-000001."""
    sends_bills: bool = True
    """The server sends every issued bill: through the gateway itself to debtors whose OIN is registered, else by
    e-mail (`mail.host`); false: finance sends them in another way."""
    sends_reminders: bool = False
    """With `mail.host` the server mails what is due in the billing year: to each party whose forecast is asked for
    and missing, and to `billing.email` everything that is open. At most one a month each."""
    policies_file: Path | None = None
    """TOML file with the policies that differ from those below. None: those that were published."""


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The mail server that takes bills for debtors that are not registered here, and reminders."""

    host: str = ""
    """Name of the SMTP server. Empty: no bills are mailed, and those that cannot go through the gateway are
    printed."""
    port: Port = 587
    """587 for submission with STARTTLS, 465 for TLS from the start."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` only for a server on this machine."""
    username: str = ""
    """Empty: no authentication."""
    password_file: Path | None = None
    """File with the password of that user."""
    answer_seconds_max: Duration = 30.0
    """How long the server may take to respond."""


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The journal as the finance system wants it: its chart of accounts and its cost centres."""

    accounts: str = ""
    """Account numbers of the finance system, as `debtors=1300, vat=1520, deferred=1900, digid=8020`: the three
    balance sheet accounts and the income of each service (`digipoort`, `digid`, `digid-machtigen`, `mijnoverheid`,
    `guidance`, `facilities`). What is left out has the number of the example, or 8010 to 8060."""
    cost_centres: str = ""
    """Cost centre of the income of each service, as `digipoort=K100, digid=K200`; what is left out has none."""
    defers_prepayments: bool = True
    """A prepayment is posted as deferred income and becomes income month by month, at the end of each month of its
    period; false: it is income when it is billed."""


class DropSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The daily files for finance: meter entries of a day, statements of its month, bills and journal of its
    year."""

    url: str = ""
    """A directory, `s3://bucket/prefix` or another URL that obstore supports (credentials as for `storage.url`).
    Empty: no drop."""
    hour: Annotated[int, msgspec.Meta(ge=1, le=23)] = 3
    """From this hour in Amsterdam the drop of the previous day is written. At least 1, so that what was received
    around midnight is recorded."""
    formats: str = "csv"
    """Formats of entries, statements and bills, separated by commas: `csv`, `csv-nl` (semicolons and decimal
    commas), `jsonl`, `xlsx`, `parquet`."""
    journal_formats: str = "csv, xaf"
    """Formats of the journal, separated by commas: `csv`, `csv-nl`, `json`, `xlsx`, `parquet`, `xaf`, `hledger`,
    `beancount`."""
    days_back_max: Count = 31
    """How many days back a missing drop is still written, for when the target was unavailable."""


SERVICES = ("digipoort", "digid", "digid-machtigen", "mijnoverheid", "guidance", "facilities")
"""The services that are billed, by the names in `gateway.billing.rating.services`."""

DROP_FORMATS = {
    "formats": ("csv", "csv-nl", "jsonl", "xlsx", "parquet"),
    "journal_formats": ("csv", "csv-nl", "json", "xlsx", "parquet", "xaf", "hledger", "beancount"),
}


class ReaperSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Removes what unfinished submissions left in storage."""

    pass_hours: Duration = 24.0
    """Time between two passes. Each pass lists the whole storage."""
    orphan_hours_min: Annotated[float, msgspec.Meta(ge=1)] = 24.0
    """Objects in storage that belong to no message are removed when they are older than this. At least an hour, so
    that nothing that is still being received or written is removed."""
    orphan_share_max: Share = 0.5
    """When more than this share of the old objects (and more than 100) would be removed, none is: the database is
    then more likely to be the wrong one, or restored from an old backup."""


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How many months after it was settled the parts of a message are kept; 0: forever. What was not delivered or
    not yet confirmed, and what is under a legal hold, is always kept."""

    delivered_contents_months: CountOrNone = 84
    """Documents and attachments of messages that were delivered. What was metered or billed is part of the
    administration, which Dutch law keeps for seven years (article 52, paragraph 4, AWR)."""
    delivered_reports_months: CountOrNone = 84
    """Reports on messages that were delivered: as long as the document they are about."""
    refused_contents_months: CountOrNone = 12
    """Documents and attachments of messages that were refused, returned, a duplicate or a test: nobody was billed
    for them. A year leaves time for questions."""
    refused_reports_months: CountOrNone = 12
    """Reports on those messages."""
    personal_data_months: CountOrNone = 84
    """Who acted for the operator, details of steps and names of files, of every message: as long as they may have
    to prove what happened."""
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 4
    """From this hour in Amsterdam the daily run is made: a quiet one, after the drop."""


class HealthSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When the gateway reports that it is not ready for traffic (`/readyz`)."""

    disk_free_bytes_min: CountOrNone = 1 * GIB
    """Below this the gateway is not ready, so that there is space to finish what it has accepted."""
    queue_share_max: Share = 0.9
    """Share of `queue.waiting_messages_max` above which a load balancer should choose another gateway."""
    check_seconds_max: Duration = 5.0
    """A check that takes longer has failed."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway writes to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """`info` is one line for each step of a message."""
    format: Literal["json", "text"] = "json"
    """`json` for programs, `text` for a terminal."""


class TracingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Traces for OpenTelemetry. Needs the extra `tracing`: `pip install 'meterpoort[tracing]'`."""

    endpoint: Annotated[str, msgspec.Meta(pattern=r"^(https?://\S+)?\Z")] = ""
    """The collector that spans are sent to by OTLP over HTTP, such as `https://collector.example.nl/v1/traces`.
    Empty: none are."""


class TestingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """For test environments only."""

    sandbox: bool = False
    """Every message is handled as a test: judged and delivered, never metered."""
    shows_requests: bool = True
    """In a sandbox the portal shows each party its last SOAP requests, and what was checked of them. With several
    processes each shows what it received itself."""


class OwnRuleSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Your own rule set, on top of the rules that are known here: a table for each. The environment has no
    name for them ([how to make one](../how-to/use-your-own-rules.md))."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
    """What callers and recipients write to ask for it: small letters, digits and hyphens."""
    stylesheet: Path
    """File with the rules: an XSLT stylesheet whose output is SVRL, as compiled Schematron is. It is run by
    SaxonC, of the extra `reference`."""
    customization_id: str = ""
    """It judges every document whose CustomizationID holds this text. Empty: those for which somebody asks for
    it."""
    kinds: tuple[str, ...] = ()
    """The kinds of document that it is about, as `["Invoice", "CreditNote"]`. Empty: every kind."""
    version: str = ""
    """Its version, for the report."""


class AccountProvider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider of accounts (OpenID Connect) with which an organisation signs its people in: a table for each.
    The environment has no name for them ([how to](../how-to/sign-people-in.md))."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
    """Part of its addresses: small letters, digits and hyphens."""
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    """What people know it by, on the page to sign in."""
    issuer: Annotated[str, msgspec.Meta(pattern=r"^https://|^http://(localhost|127\.0\.0\.1)[:/]")]
    """Its address; below it is `/.well-known/openid-configuration`."""
    client_id: Annotated[str, msgspec.Meta(min_length=1)]
    """The gateway's name there."""
    client_secret_file: Path
    """File with the gateway's secret there."""
    party: str = ""
    """The party of all its people. Empty: `party_claim` names it, and the provider is trusted for every party."""
    party_claim: str = "party"
    """The claim with the party id."""
    role_claim: str = "role"
    """The claim with the role: a text, or a list with exactly one of `roles` in it."""
    roles: tuple[Literal["supplier", "intermediary", "government", "operator", "finance"], ...] = (
        "supplier",
        "intermediary",
        "government",
    )
    """The roles that it may give; operator and finance only for an organisation that runs the gateway."""
    scope: str = "openid profile"
    """What it is asked for."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, by table."""

    data_directory: Path = Path("var")
    """Directory of the embedded database and the documents, unless a URL says otherwise."""
    rule_sets: tuple[OwnRuleSet, ...] = ()
    """Your own rule sets: the tables `[[rule_sets]]`."""
    providers: tuple[AccountProvider, ...] = ()
    """Providers of accounts: the tables `[[providers]]`."""
    http: HttpSettings = HttpSettings()
    digipoort: DigipoortSettings = DigipoortSettings()
    database: DatabaseSettings = DatabaseSettings()
    storage: StorageSettings = StorageSettings()
    xml: XmlSettings = XmlSettings()
    attachments: AttachmentsSettings = AttachmentsSettings()
    queue: QueueSettings = QueueSettings()
    workers: WorkersSettings = WorkersSettings()
    mailbox: MailboxSettings = MailboxSettings()
    delivery: DeliverySettings = DeliverySettings()
    meter: MeterSettings = MeterSettings()
    billing: BillingSettings = BillingSettings()
    mail: MailSettings = MailSettings()
    journal: JournalSettings = JournalSettings()
    drop: DropSettings = DropSettings()
    reaper: ReaperSettings = ReaperSettings()
    retention: RetentionSettings = RetentionSettings()
    health: HealthSettings = HealthSettings()
    log: LogSettings = LogSettings()
    tracing: TracingSettings = TracingSettings()
    testing: TestingSettings = TestingSettings()

    def database_url(self) -> str:
        """Return the database URL for SQLAlchemy, with the async driver and the password.

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
        """Return the URL of the document storage: `file:///…` or the setting."""
        return self.storage.url or (self.data_directory / "documents").absolute().as_uri()

    def private_folders(self) -> Iterator[Path]:
        """Yield the directories that only the gateway's user may read: that of its data, and a local one of
        documents."""
        yield self.data_directory
        if self.storage_url().startswith("file:"):
            yield Path(unquote(urlsplit(self.storage_url()).path))

    def worker_count(self) -> int:
        """Return the number of processes that judge documents, for each process that accepts."""
        return self.workers.count or max(1, min(WORKERS_MAX, _processors() // self.http.processes))


def _processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SettingsError(Exception):
    """The settings cannot be used; `problems` has one sentence for each mistake."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("the settings cannot be used:\n" + "\n".join(f"  - {problem}" for problem in problems))
        self.problems = problems


Table = TypeVar("Table", bound=msgspec.Struct)
Raw = Mapping[str, object]


def load(config: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the file, if there is one, and from the environment, which takes precedence.

    Raises SettingsError with every mistake.
    """
    environ = os.environ if environ is None else environ
    problems: list[str] = []
    if config is None and environ.get(CONFIG_VARIABLE):
        config = Path(environ[CONFIG_VARIABLE])
    from_file = _read_file(config, problems) if config else {}
    from_environment = _from_environment(environ, problems)
    settings = _SettingsReader(problems).table(Settings, "", from_file, from_environment)
    problems.extend(contradictions(settings))
    if problems:
        raise SettingsError(tuple(problems))
    return settings


def contradictions(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each pair of settings that contradict each other."""
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
    yield from _wrong_trust(settings.digipoort)
    yield from _wrong_pairs("accounts", settings.journal.accounts, ("debtors", "vat", "deferred", *SERVICES))
    yield from _wrong_pairs("cost_centres", settings.journal.cost_centres, SERVICES)
    yield from _wrong_formats("formats", settings.drop.formats)
    yield from _wrong_formats("journal_formats", settings.drop.journal_formats)
    scheme = settings.database.url.partition("://")[0] if settings.database.url else "sqlite"
    if scheme.partition("+")[0] not in {"sqlite", "postgresql", "postgres"}:
        yield f"database.url begins with {scheme!r}: only sqlite and postgresql are known"
    for seconds in parse_qs(urlsplit(settings.database.url).query).get("connect_timeout", ()):
        if not (seconds.isascii() and seconds.isdigit()):
            yield f"database.url has connect_timeout={seconds}: give a whole number of seconds, 0 for no limit"
    if settings.http.processes > 1 and scheme.startswith("sqlite"):
        yield (
            f"http.processes ({settings.http.processes}) must be 1 with SQLite, which serves one process: set "
            "database.url to a PostgreSQL database"
        )


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a comma-separated setting."""
    return tuple(filter(None, map(str.strip, text.split(","))))


def split_pairs(text: str) -> Mapping[str, str]:
    """Return the pairs in a setting such as `debtors=1300, vat=1520`."""
    pairs = (name.partition("=") for name in split_names(text))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _wrong_pairs(setting: str, text: str, known: tuple[str, ...]) -> Iterator[str]:
    for pair in split_names(text):
        name, _, value = map(str.strip, pair.partition("="))
        if name not in known or not value:
            yield f"journal.{setting} holds {pair!r}: give name=value, with a name of {', '.join(known)}"


def _wrong_formats(setting: str, text: str) -> Iterator[str]:
    names, known = split_names(text), DROP_FORMATS[setting]
    if not names:
        yield f"drop.{setting} is empty: give at least one of {', '.join(known)}"
    for name in names:
        if name not in known:
            yield f"drop.{setting} holds {name!r}: only {', '.join(known)} are known"


@dataclass(frozen=True, slots=True)
class Period:
    """From one day up to and including another, in UTC; None: without a beginning or an end."""

    first: date | None = None
    last: date | None = None

    def includes(self, at: datetime) -> bool:
        """Whether this moment is in it."""
        day = at.astimezone(UTC).date()
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


ALWAYS = Period()


def read_periods(text: str) -> dict[str, Period]:
    """Read `NAME = FIRST/LAST, …`. Raises ValueError, which names what is wrong."""
    periods: dict[str, Period] = {}
    for item in split_names(text):
        name, equals, interval = (part.strip() for part in item.rpartition("="))
        first, slash, last = (part.strip() for part in interval.partition("/"))
        try:
            period = Period(*(date.fromisoformat(one) if one else None for one in (first, last)))
        except ValueError:
            slash = ""
        if not (name and equals and slash) or name in periods:
            raise ValueError(f"{item!r}, which is not NAME = FIRST/LAST")
        if period.first and period.last and period.first > period.last:
            raise ValueError(f"{item!r}, which ends before it begins")
        periods[name] = period
    return periods


def _wrong_trust(given: DigipoortSettings) -> Iterator[str]:
    try:
        read_periods(given.roots_trusted)
    except ValueError as error:
        yield f"digipoort.roots_trusted holds {error}"
    for name in split_names(given.certificate_policies):
        if not re.fullmatch(r"[0-2](\.(0|[1-9]\d*)){1,40}", name):
            yield f"digipoort.certificate_policies holds {name!r}, which is no OID"


def _wrong_networks(text: str) -> Iterator[str]:
    for name in split_names(text):
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
    """Return `METERPOORT_HTTP__PORT=1` as `{"http": {"port": "1"}}`; settings without a table are at the top."""
    found: dict[str, object] = {}
    tables: dict[str, dict[str, object]] = {}
    for given in sorted(environ):
        if not given.startswith(PREFIX) or given == CONFIG_VARIABLE or given in NO_SETTINGS:
            continue
        table, double, field = given.removeprefix(PREFIX).lower().partition("__")
        if double:
            tables.setdefault(table, {})[field] = environ[given]
        else:
            found[table] = environ[given]
    problems.extend(f"{variable(name)} is a table: write {variable(name)}__…" for name in found.keys() & tables)
    return found | tables


class _SettingsReader:
    """Converts raw tables to settings and continues after each mistake."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems

    def table(self, kind: type[Table], name: str, from_file: object, from_environment: object) -> Table:
        """Return the table, with the defaults for values that cannot be read."""
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
    """Return the environment variable of a setting: `METERPOORT_HTTP__PORT` for `http.port`."""
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
