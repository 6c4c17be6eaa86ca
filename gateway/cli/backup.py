"""`meterpoort backup` and `meterpoort restore`: a copy of database and documents, and putting it back."""

import sys
from pathlib import Path

import click

from gateway import admin
from gateway.cli.options import FOLDER, format_option, print_result, progress_bar, with_existing, with_settings
from gateway.settings import Settings


@click.command("backup")
@click.argument("folder", type=FOLDER)
@format_option()
@with_existing
def backup(*, settings: Settings, folder: Path, form: str) -> None:
    """Copy the database and all documents to FOLDER, a new one, while the gateway runs.

    \b
    meterpoort backup backup-2026-11-30
    """
    with progress_bar("backup") as progress:
        made = admin.backup.back_up(settings, folder, progress)
    print_result(form, made, [f"{folder}: {made.database}, {made.objects:,} objects, {made.size_bytes:,} bytes"])


@click.command("restore")
@click.argument("folder", type=FOLDER)
@format_option()
@with_settings
def restore(*, settings: Settings, folder: Path, form: str) -> None:
    """Put the backup in FOLDER where the settings say, where no gateway is yet, and audit it. Exits with 1 when
    something is wrong.

    \b
    meterpoort restore backup-2026-11-30 --data restored
    """
    with progress_bar("restore") as progress:
        made = admin.backup.restore(settings, folder, progress)
    with progress_bar("audit") as progress:
        report = admin.audit.audit_all(settings, None, progress)
        documents = admin.audit.audit_documents(settings, progress)
    wrong = [f"{one.check}: {one.subject}: {one.sentence}" for one in report.findings]
    wrong += [f"{one.kenmerk}: {one.reason}" for one in documents.findings]
    content = {"backup": made, "messages": report.received, "findings": wrong}
    lines = [f"restored what was there at {made.made_at:%Y-%m-%d %H:%M:%SZ}: {report.received:,} messages"]
    print_result(form, content, [*lines, *wrong, f"{len(wrong)} findings" if wrong else "Everything is sound."])
    if wrong:
        sys.exit(1)
