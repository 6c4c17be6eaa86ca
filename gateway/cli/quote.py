"""`meterpoort bills quote`: what a year costs, and why. Needs no database."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import click

from gateway.billing.rating.quote import Quote, QuotedDocument, QuoteRequest, quote
from gateway.billing.rating.rating import PayerStatus
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.cli.billing_options import Units, catalogue_of, in_language, tariffs_option
from gateway.cli.options import YEAR, format_option, language_option, print_result
from gateway.i18n import Text, format_month


@click.command("quote")
@click.option("--service", required=True, help=f"As --service digipoort; one of {', '.join(Service)}.")
@click.option("--year", required=True, type=YEAR, help="Year of use, as --year 2026.")
@click.option("--forecast", type=Units(), help="Units expected in the year, as --forecast 12000.")
@click.option(
    "--historic", type=Units(), help="Use of an earlier year, as --historic 11000, where there is no forecast."
)
@click.option(
    "--used", type=Units(), help="Units used in the year, as --used 13500; guidance: periods of three months."
)
@click.option("--variant", default="", help="Tariff variant, as --variant berichtenbox for mijnoverheid in 2021.")
@click.option("--rijk", is_flag=True, help="The party is a body of the Rijk.")
@click.option("--company", is_flag=True, help="The party is a company.")
@click.option("--public-task", is_flag=True, help="The company has a public task.")
@click.option("--first-year", is_flag=True, help="First-time user, connected in this year.")
@click.option("--umbrella", is_flag=True, help="Its umbrella body pays under a separate agreement.")
@tariffs_option
@format_option()
@language_option
def quote_command(
    *,
    service: str,
    year: int,
    forecast: int | None,
    historic: int | None,
    used: int | None,
    variant: str,
    rijk: bool,
    company: bool,
    public_task: bool,
    first_year: bool,
    umbrella: bool,
    tariffs: Path | None,
    form: str,
    language: str,
) -> None:
    """Compute what a year costs: prepayment, settlement, tax. Needs no database and stores nothing.

    Amounts include value-added tax where it is due; the settlement is negative where money is refunded.

    \b
    meterpoort bills quote --service digipoort --year 2026 --forecast 12000 --used 13500
    """
    payer = PayerStatus(rijk, company, first_year, umbrella, variant, public_task)
    request = QuoteRequest(Service.parse(service), year, forecast, used, historic, payer)
    answer = quote(request, catalogue_of(tariffs))
    print_result(form, _as_json_object(answer), [_as_text(answer, language)])


def _as_json_object(answer: Quote) -> dict[str, object]:
    settlement = answer.settlement
    return {
        "service": answer.request.service,
        "year": answer.request.year,
        "forecast": answer.request.forecast,
        "used": answer.request.used,
        "currency": "EUR",
        "prepayment": answer.prepayment.including,
        "settlement": None if settlement is None else settlement.including,
        "total": answer.total.including,
        "vat": answer.total.vat,
        "total_excluding_vat": answer.total.excluding,
        "documents": [_document(document) for document in answer.documents],
        "notes": [_both(note) for note in answer.notes],
    }


def _document(document: QuotedDocument) -> dict[str, object]:
    year, number = document.month
    return {
        "step": document.step,
        "month": f"{year}-{number:02}",
        "including_vat": document.amounts.including,
        "excluding_vat": document.amounts.excluding,
        "vat": document.amounts.vat,
        "vat_percent": document.vat_percent,
        "price_basis": document.basis,
        "lines": [
            {
                "role": line.role,
                "units": line.units,
                "price": line.price,
                "amount": line.amount,
                "text": _both(line.text),
                "computation": _both(line.how),
                "source": line.source,
            }
            for line in document.lines
        ],
        "notes": [_both(note) for note in document.notes],
    }


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "nl": text.nl}


_STEPS = {"prepayment": Text("Prepayment"), "settlement": Text("Settlement")}
_BASIS = {
    "including-vat": Text("including VAT"),
    "excluding-vat": Text("excluding VAT"),
}


def _as_text(answer: Quote, language: str) -> str:
    def text_of(text: Text) -> str:
        return in_language(text, language)

    lines = [f"{text_of(SERVICE_NAMES[answer.request.service].name)} {answer.request.year}"]
    lines += [f"  {text_of(note)}" for note in answer.notes]
    for document in answer.documents:
        lines += ["", f"{text_of(_STEPS[document.step])}, {format_month(date(*document.month, 1), language)}"]
        basis = text_of(_BASIS[document.basis])
        lines += [f"  {text_of(line.text)}: {text_of(line.how)} ({basis})" for line in document.lines]
        lines += [f"  {text_of(note)}" for note in document.notes]
        lines.append(text_of(_sums(document.amounts.excluding, document.amounts.vat, document.amounts.including)))
    total = answer.total
    lines += ["", text_of(Text("Year")), text_of(_sums(total.excluding, total.vat, total.including))]
    return "\n".join(lines)


def _sums(excluding: Decimal, vat: Decimal, including: Decimal) -> Text:
    return Text(
        "  excluding VAT {excluding:amount} + VAT {vat:amount} = {including:amount}",
        excluding=excluding,
        vat=vat,
        including=including,
    )
