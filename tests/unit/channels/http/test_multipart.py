"""Multipart over HTTP: right ones whole, wrong ones refused and gone."""

import base64
import hashlib
import io
import quopri
import random
from collections import Counter
from collections.abc import Callable

import pytest

from tests.unit.api.openapi_watch import Client
from tests.unit.channels.http.broken_multipart import (
    BREAKERS,
    FORMS,
    INVOICE,
    PDF,
    attachment,
    body,
    broken_bodies,
    document,
)
from tests.unit.small_gateway import SmallGateway

SUPPLIER = {"Authorization": "Bearer mp_supplier"}
MIB = 1024 * 1024
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "binary": bytes,
    "base64": base64.encodebytes,
    "quoted-printable": quopri.encodestring,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["binary", "base64", "quoted-printable"])
async def test_document_and_attachments_come_out_as_they_went_in(
    client: Client, gateway: SmallGateway, form: str, encoding: str
) -> None:
    encode = ENCODERS[encoding]
    transfer = ("Content-Transfer-Encoding", encoding)
    sent = body(
        form,
        [attachment(form), document(form, encode(INVOICE), transfer), attachment(form, encode(PDF), transfer)],
    )
    headers = SUPPLIER | {"Content-Type": sent.content_type}
    async with client.post("/v1/messages", data=sent.content, headers=headers) as answer:
        own = (await answer.json())["links"]
    async with client.get(own["document"], headers=SUPPLIER) as shown:
        assert await shown.read() == INVOICE
    async with client.get(own["attachments"], headers=SUPPLIER) as shown:
        listed = (await shown.json())["items"]
    assert [one["sha256"] for one in listed] == [hashlib.sha256(PDF).hexdigest()] * 2
    async with client.get(listed[1]["href"], headers=SUPPLIER) as shown:
        assert await shown.read() == PDF
        assert shown.headers["Content-Disposition"].startswith('attachment; filename="bon.pdf"')
    assert gateway.storage.open_sinks == 0


async def test_500_broken_shapes_are_refused_and_nothing_stays(client: Client, gateway: SmallGateway) -> None:
    wrongly: list[tuple[str, int, bytes]] = []
    kinds: Counter[str] = Counter()
    for wrong in broken_bodies(500, seed=20_260_302):
        headers = SUPPLIER | {"Content-Type": wrong.content_type}
        async with client.post("/v1/messages", data=wrong.content, headers=headers) as answer:
            problem = await answer.json(content_type=None)
        kinds[problem.get("type", "taken").rpartition("/")[2]] += 1
        if not 400 <= answer.status < 500:
            wrongly.append((wrong.shape, answer.status, wrong.content[:500]))
    assert wrongly == []
    assert kinds.total() == 500
    assert (gateway.rows, gateway.storage.objects, gateway.storage.open_sinks) == ({}, set(), 0)
    assert len(BREAKERS) >= 17


@pytest.mark.parametrize("form", FORMS)
async def test_a_body_cut_into_single_bytes_reads_the_same(client: Client, form: str) -> None:
    sent = body(form, [document(form), attachment(form, b"\r\n--grens-12\r\n--grens-1234x")])

    async def drops() -> object:
        for offset in range(len(sent.content)):
            yield sent.content[offset : offset + 1]

    headers = SUPPLIER | {"Content-Type": sent.content_type, "Prefer": "wait=1"}
    async with client.post("/v1/messages", data=drops(), headers=headers) as answer:
        assert answer.status == 201


@pytest.mark.parametrize(
    ("sizes", "status"), [((20 * MIB - 1, 1), 202), ((20 * MIB, 1), 413), ((20 * MIB + 1,), 413)]
)
async def test_the_limit_is_on_all_attachments_together(
    client: Client, gateway: SmallGateway, sizes: tuple[int, ...], status: int
) -> None:
    sent = body("form-data", [document("form-data"), *(attachment("form-data", bytes(size)) for size in sizes)])
    headers = SUPPLIER | {"Content-Type": sent.content_type}
    async with client.post("/v1/messages", data=io.BytesIO(sent.content), headers=headers) as answer:
        reported = await answer.json(content_type=None)
    assert answer.status == status
    if status == 413:
        assert reported["limitBytes"] == 20 * MIB
        assert reported["countedBytes"] == 20 * MIB + 1
        assert gateway.storage.objects == set()


@pytest.mark.parametrize("right", [True, False])
async def test_content_digest_is_over_the_whole_body(client: Client, gateway: SmallGateway, right: bool) -> None:
    sent = body("mixed", [document("mixed"), attachment("mixed")])
    digest = base64.b64encode(hashlib.sha256(sent.content if right else INVOICE).digest()).decode()
    headers = SUPPLIER | {"Content-Type": sent.content_type, "Content-Digest": f"sha-256=:{digest}:"}
    async with client.post("/v1/messages", data=sent.content, headers=headers) as answer:
        assert answer.status == (202 if right else 400)
    assert (len(gateway.rows), gateway.storage.open_sinks) == (right, 0)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\facturen\\bon.pdf", "bon.pdf"),
        ("bon\u202efdp.exe", "bonfdp.exe"),
        ("kassabon café.pdf", "kassabon café.pdf"),
        ("/", None),
    ],
)
async def test_a_filename_is_a_name_and_no_path(client: Client, given: str, kept: str | None) -> None:
    sent = body("form-data", [document("form-data"), attachment("form-data", PDF, filename=given)])
    headers = SUPPLIER | {"Content-Type": sent.content_type}
    async with client.post("/v1/messages", data=sent.content, headers=headers) as answer:
        own = (await answer.json())["links"]
    async with client.get(own["attachments"], headers=SUPPLIER) as shown:
        assert [one["filename"] for one in (await shown.json())["items"]] == [kept]
    async with client.get(f"{own['attachments']}/1", headers=SUPPLIER) as shown:
        assert shown.headers["Content-Disposition"].isascii()
        assert await shown.read() == PDF


def test_the_generator_makes_the_same_from_the_same_seed() -> None:
    assert list(broken_bodies(40, seed=1)) == list(broken_bodies(40, seed=1))
    assert random.Random(1).random() != random.Random(2).random()
