"""Dutch parties that do not exist, with numbers that pass their checks."""

from dataclasses import dataclass

from gateway.validator.model.identifiers import KVK, OIN


@dataclass(frozen=True, slots=True)
class Address:
    street: str
    city: str
    postal_zone: str
    country: str = "NL"
    additional_street: str | None = None
    line: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A seller or buyer. Endpoint and legal number come with their Electronic Address Scheme code."""

    name: str
    address: Address
    endpoint: tuple[str, str]
    legal: tuple[str, str] | None = None
    vat: str | None = None
    trading_name: str | None = None
    identifier: tuple[str | None, str] | None = None
    tax_registration: str | None = None
    tax_scheme: str = "LOC"
    legal_form: str | None = None
    contact: tuple[str, str, str] | None = None


SELLER = Party(
    name="Groenbedrijf De Wilgenroos B.V.",
    trading_name="De Wilgenroos",
    address=Address("Elzenkade 12", "Zilverstrand", "4399 ZX"),
    endpoint=(KVK, "90817263"),
    legal=(KVK, "90817263"),
    vat="NL859173641B01",
    contact=("Afdeling debiteuren", "+31 113 555 019", "facturen@wilgenroos.example"),
)
SELLER_SMALL = Party(
    name="Tekstbureau Ooievaar",
    address=Address("Molenpad 3", "Oudewaterdijk", "3499 XB"),
    endpoint=(KVK, "90553311"),
    legal=(KVK, "90553311"),
    contact=("J. de Ooievaar", "+31 348 555 007", "hallo@ooievaar.example"),
)
SELLER_GOVERNMENT = Party(
    name="Waterschap Kromme Vliet",
    address=Address("Sluisplein 1", "Vlietmonde", "2699 AA"),
    endpoint=(OIN, "00000001827364507000"),
    legal=(OIN, "00000001827364507000"),
    vat="NL827364507B01",
    contact=("Financiën", "+31 15 555 0100", "financien@krommevliet.example"),
)
SELLER_CANARY = Party(
    name="Tabaiba Servicios S.L.",
    address=Address("Calle Ficticia 8", "Las Palmas", "35099", country="ES"),
    endpoint=("9920", "ESB35000009"),
    legal=("0002", "B35000009"),
    vat="ESB35000009",
    tax_registration="IGIC-35-0009",
    legal_form="Sociedad limitada",
    contact=("Contabilidad", "+34 928 555 010", "cuentas@tabaiba.example"),
)
SELLER_ITALIAN = Party(
    name="Officina Ginestra S.r.l.",
    address=Address("Via Immaginaria 5", "Roma", "00199", country="IT"),
    endpoint=("0211", "IT09876543217"),
    legal=("0210", "09876543217"),
    vat="IT09876543217",
)
BUYER = Party(
    name="Gemeente Zilverstrand",
    trading_name="Gemeente Zilverstrand, team Beheer",
    address=Address("Raadhuisplein 1", "Zilverstrand", "4399 AA"),
    endpoint=(OIN, "00000001812345678000"),
    legal=(OIN, "00000001812345678000"),
    vat="NL812345678B01",
    contact=("Crediteurenadministratie", "+31 113 555 100", "crediteuren@zilverstrand.example"),
)
BUYER_PRIVATE = Party(
    name="Stichting Lezen aan de Vliet",
    address=Address("Lindelaan 40", "Vlietmonde", "2699 CC"),
    endpoint=(KVK, "90664422"),
    legal=(KVK, "90664422"),
)
BUYER_GERMAN = Party(
    name="Musterwerk Gartenbau GmbH",
    address=Address("Beispielweg 7", "Emden", "26799", country="DE"),
    endpoint=("9930", "DE999999992"),
    legal=("0204", "991-99999-91"),
    vat="DE999999992",
)
BUYER_SWISS = Party(
    name="Alpenmuster AG",
    address=Address("Musterstrasse 9", "Chur", "7099", country="CH", subdivision="GR"),
    endpoint=("0183", "CHE999999996"),
    legal=("0183", "CHE999999996"),
)
BUYER_ITALIAN = Party(
    name="Comune di Fontalba",
    address=Address("Piazza Inventata 1", "Roma", "00198", country="IT"),
    endpoint=("0201", "UFZZ99"),
    legal=("0210", "09999999996"),
    vat="IT09999999996",
)
