"""The parties of the demo. They do not exist; their numbers are valid by form and check digit."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Player:
    """A party of the demo. `scheme` (EAS code) and `number` are its electronic address."""

    party_id: str
    name: str
    kind: str
    role: str
    scheme: str
    number: str
    street: str
    city: str
    postcode: str
    vat: str = ""
    iban: str = ""
    mandates: tuple[str, ...] = field(default=())
    kind_source: str = "demo"

    @property
    def domain(self) -> str:
        """Its internet domain, which does not exist."""
        return f"{self.party_id}.example"


_INSTALLER = ("installatie-heijden", "Van der Heijden Installatietechniek B.V.", "company", "supplier")
INSTALLER = Player(
    *_INSTALLER,
    *("0106", "71820364", "Lasserstraat 8", "Zandrijk", "4512 KD"),
    vat="NL860241361B01",
    iban="NL09MPRT0071820364",
)
_OFFICE = ("kantoorvak", "Kantoorvak Merwestreek B.V.", "company", "supplier")
OFFICE = Player(
    *_OFFICE,
    *("0106", "68341907", "Papiermolen 21", "Oudehaven", "3371 BT"),
    vat="NL857310240B01",
    iban="NL38MPRT0068341907",
)
_BRIDGE = ("factuurbrug", "Factuurbrug Diensten B.V.", "company", "intermediary")
BRIDGE = Player(
    *_BRIDGE,
    *("0106", "59027418", "Kabelweg 3", "Oudehaven", "3371 EX"),
    mandates=("installatie-heijden", "kantoorvak"),
)
_MINISTRY = ("ministerie-kustbeheer", "Ministerie van Kustbeheer", "rijk", "government")
MINISTRY = Player(*_MINISTRY, *("0190", "00000001823456791000", "Rijksplein 2", "Den Haag", "2500 ZZ"))
_TOWN = ("gemeente-zandrijk", "Gemeente Zandrijk", "non-rijk", "government")
TOWN = Player(
    *_TOWN, *("0190", "00000001801234566000", "Marktveld 1", "Zandrijk", "4512 AA"), vat="NL801234566B01"
)
_HARBOUR = ("gemeente-oudehaven", "Gemeente Oudehaven", "non-rijk", "government")
HARBOUR = Player(*_HARBOUR, *("0190", "00000001809876541000", "Kade 40", "Oudehaven", "3371 AA"))
_PROVINCE = ("provincie-merwestreek", "Provincie Merwestreek", "non-rijk", "government")
PROVINCE = Player(*_PROVINCE, *("0190", "00000001805551232000", "Statenlaan 100", "Oudehaven", "3370 PM"))

STRANGER = Player(
    "gemeente-verweg",
    "Gemeente Verweg",
    "non-rijk",
    "government",
    *("0190", "00000001807777778000", "Dorpsstraat 1", "Verweg", "9999 XX"),
)
"""A recipient that is not registered."""

CAST = (INSTALLER, OFFICE, BRIDGE, MINISTRY, TOWN, HARBOUR, PROVINCE)
