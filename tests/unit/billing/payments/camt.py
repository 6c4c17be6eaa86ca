"""A bank statement for tests, as banks write it (camt.053.001.02 and .08)."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

OURS = "NL48MPRT0417164300"


@dataclass(frozen=True, slots=True)
class Line:
    """A booked entry; `details` are (amount, structured reference, free text) of each transaction in it."""

    amount: str
    details: Sequence[tuple[str, str, str]]
    reference: str = ""
    side: str = "CRDT"
    status: str = "BOOK"
    currency: str = "EUR"


def statement(lines: Sequence[Line], version: str = "02", iban: str = OURS) -> bytes:
    """The statement of a day."""
    entries = "".join(_entry(line, version) for line in lines)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-02-11T02:00:00</CreDtTm></GrpHdr>
<Stmt><Id>S-2026-041</Id><CreDtTm>2026-02-11T02:00:00</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2026-02-10</Dt></Dt></Bal>{entries}</Stmt></BkToCstmrStmt></Document>""".encode()


def _entry(line: Line, version: str) -> str:
    status = line.status if version == "02" else f"<Cd>{line.status}</Cd>"
    own = f"<AcctSvcrRef>{line.reference}</AcctSvcrRef>" if line.reference else ""
    details = "".join(_details(one, line, version) for one in line.details)
    return f"""<Ntry><Amt Ccy="{line.currency}">{line.amount}</Amt><CdtDbtInd>{line.side}</CdtDbtInd>
<Sts>{status}</Sts><BookgDt><Dt>2026-02-10</Dt></BookgDt>{own}
<BkTxCd><Prtry><Cd>586</Cd></Prtry></BkTxCd><NtryDtls>{details}</NtryDtls></Ntry>"""


def _details(detail: tuple[str, str, str], line: Line, version: str) -> str:
    amount, structured, text = detail
    money = f'<Amt Ccy="{line.currency}">{amount}</Amt>'
    if version == "02":
        money = f"<AmtDtls><TxAmt>{money}</TxAmt></AmtDtls>"
    else:
        money += f"<CdtDbtInd>{line.side}</CdtDbtInd>"
    reference = f"<Strd><CdtrRefInf><Ref>{structured}</Ref></CdtrRefInf></Strd>" if structured else ""
    free = f"<Ustrd>{escape(text)}</Ustrd>" if text else ""
    return f"""<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{money}
<RmtInf>{free}{reference}</RmtInf></TxDtls>"""
