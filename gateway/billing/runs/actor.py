"""Who acts in billing, and what each may do."""

from dataclasses import dataclass

from gateway.billing.rating.policies import Policies
from gateway.billing.runs.errors import NotAllowedError, OwnApprovalError
from gateway.i18n import Text
from gateway.messages.participants import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person's name, the role that their key proves, and the party that it is of, if any."""

    name: str
    role: Role
    party_id: str | None = None

    @classmethod
    def finance(cls, name: str) -> "Actor":
        """A person of finance, as the caller is at the command line."""
        return cls(name, Role.FINANCE)


def check_finance(actor: Actor) -> None:
    """Raises NotAllowedError for any role but finance."""
    if actor.role is not Role.FINANCE:
        raise NotAllowedError(
            Text("{actor} is {role}: only finance may do this", actor=actor.name, role=actor.role.value)
        )


def check_own(actor: Actor, party_id: str) -> None:
    """Raises NotAllowedError for any role but finance, except for the party itself."""
    if actor.party_id != party_id:
        check_finance(actor)


def check_another(actor: Actor, preparer: str, what: Text, policies: Policies) -> None:
    """Raises OwnApprovalError for the person who prepared what is to be approved, unless the policy allows it."""
    if policies.approval_by_another and actor.name == preparer:
        raise OwnApprovalError(Text("you prepared {what}, so another person has to approve it", what=what))
