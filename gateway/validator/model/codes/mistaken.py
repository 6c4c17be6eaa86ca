"""What people write for a code: names, older codes, Dutch words; by the title of the list they should be on.

Each was seen in practice or follows from the name of the code. A test holds every meaning to its list.
"""


def _words(by_code: dict[str, str]) -> dict[str, str]:
    """The code, or the codes, that each of these words is written for."""
    return {word: code for code, words in by_code.items() for word in words.split()}


_COUNTRIES = _words(
    {
        "GB": "UK EN GBR",
        "GR": "EL",
        "NL": "HOL NLD NEDERLAND NETHERLANDS",
        "BE": "BEL BELGIE BELGIË",
        "DE": "DEU GER DUITSLAND",
        "FR": "FRA",
        "US": "USA",
    }
)
_SCHEMES = _words(
    {
        "0106": "KVK NL:KVK 106",
        "0190": "OIN NL:OIN NL:OINO 190",
        "0088": "GLN EAN 88",
        "0060": "DUNS",
    }
)
_MISTAKEN: dict[str, dict[str, str]] = {
    "ISO 3166-1": _COUNTRIES,
    "ISO 3166-1, EL, XI": {**_COUNTRIES, "GRC": "EL", "UK": "GB XI"},
    "ISO 4217": _words({"EUR": "EURO EUROS €", "USD": "$ US$", "GBP": "STG £"}),
    "UN/ECE Rec. 20, Rec. 21": _words(
        {
            "C62 H87": "PCE PCS PC ST STK STUK STUKS",
            "C62": "UNIT",
            "HUR": "UUR UREN U HR HRS HOUR",
            "DAY": "DAG DAGEN",
            "WEE": "WEEK",
            "MON": "MAAND MND",
            "ANN": "JAAR",
            "KGM": "KG",
            "GRM": "GR GRAM",
            "TNE": "TON",
            "MTR": "M M1",
            "MTK": "M2 M²",
            "MTQ": "M3 M³",
            "KMT": "KM",
            "CMT": "CM",
            "MMT": "MM",
            "LTR": "L LITER",
            "XBX": "DOOS BOX",
            "XPX": "PALLET",
            "XCS": "KIST",
            "P1": "%",
        }
    ),
    "UNTDID 5305": _words(
        {
            "S": "H HOOG LAAG",
            "Z": "NUL 0",
            "E": "VRIJ VRIJGESTELD",
            "AE": "VERLEGD",
            "K": "IC ICL",
            "G": "EXPORT",
        }
    ),
    "CEF EAS": {**_SCHEMES, **_words({"9944": "BTW VAT NL:VAT", "EM": "EMAIL E-MAIL"})},
    "ISO 6523 ICD": _SCHEMES,
    "EN 16931, MIME": _words(
        {
            "image/jpeg": "IMAGE/JPG JPG",
            "application/pdf": "PDF APPLICATION/X-PDF",
            "image/png": "PNG",
            "text/csv": "CSV",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX APPLICATION/VND.MS-EXCEL",
        }
    ),
}


def mistaken_for(value: str, title: str) -> list[str]:
    """The codes that this text, in capitals, is often written for on the list of this title."""
    return _MISTAKEN.get(title, {}).get(value, "").split()
