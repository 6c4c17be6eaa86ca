"""The problems of the resources: what cannot be done with a message, the meter or a bill."""

from gateway.http.problems import Kind, Problem
from gateway.i18n import Text


class IdempotencyConflict(Problem):
    kind = Kind(
        "idempotency-conflict",
        409,
        Text("Idempotency-Key used before"),
        Text(
            "This key was sent before with another body. `firstKenmerk` names the message it belongs to. "
            "Nothing was "
            "stored."
        ),
        Text("Use a new key for a new message, and the same key only to repeat the same bytes."),
    )

    def __init__(self, first_kenmerk: str) -> None:
        super().__init__(
            Text(
                "This Idempotency-Key belongs to message {first_kenmerk}, which has another body.",
                first_kenmerk=first_kenmerk,
            ),
            firstKenmerk=first_kenmerk,
        )


class UsageConflict(Problem):
    kind = Kind(
        "usage-conflict",
        409,
        Text("Usage event recorded before"),
        Text(
            "An event with this `source` and `id` is in the meter with other content. Nothing of the request "
            "was recorded."
        ),
        Text("Repeat an event only unchanged. To correct one, have it reversed and send another with a new id."),
    )

    def __init__(self, source: str, event_id: str, differences: str) -> None:
        super().__init__(
            Text(
                "Event {event_id} of {source} was recorded before with other content: {differences}.",
                event_id=repr(event_id),
                source=source,
                differences=differences,
            ),
            source=source,
            eventId=event_id,
        )


class StateConflict(Problem):
    kind = Kind(
        "state-conflict",
        409,
        Text("Not possible in this state"),
        Text("What was asked does not fit the state in which the message or party is now."),
        Text("Fetch it again and look at its state."),
    )


class LeaseLost(Problem):
    kind = Kind(
        "lease-lost",
        409,
        Text("The lease is not yours any more"),
        Text(
            "The message was not confirmed within its lease, and is available again or was leased by another "
            "process."
        ),
        Text("Take messages again. If you have the message safe already, confirm it with the new token."),
    )

    def __init__(self, kenmerk: str) -> None:
        super().__init__(
            Text(
                "The token is not that of the current lease on message {kenmerk}.",
                kenmerk=kenmerk,
            )
        )


class NotJudged(Problem):
    kind = Kind(
        "not-judged",
        413,
        Text("The document could not be judged"),
        Text(
            "Judging the document asks more time or memory than one document gets, or broke otherwise. Nothing is "
            "known of whether it is valid. The case is in the log."
        ),
        Text("Send a smaller document; give the operator the `reference` if the document is ordinary."),
    )

    def __init__(self, reference: str) -> None:
        super().__init__(
            Text(
                "The operator finds this case in the log as {reference}.",
                reference=reference,
            ),
            reference=reference,
        )


class InputsMoved(Problem):
    kind = Kind(
        "inputs-moved",
        409,
        Text("The inputs have changed"),
        Text(
            "A count, forecast, tariff, debtor, policy or earlier bill changed since the run was prepared, or "
            "another"
            " run billed the same year. Nothing was approved or issued."
        ),
        Text("Prepare the run again, look at what it gives, and have that approved."),
    )


class OwnApproval(Problem):
    kind = Kind(
        "own-approval",
        403,
        Text("Somebody else has to approve"),
        Text(
            "The run was prepared with this very key, and approval is by another (`billing.approval_by_another`)."
        ),
        Text("Have the holder of another key of the role finance approve it."),
    )


class ForecastLocked(Problem):
    kind = Kind(
        "forecast-locked",
        409,
        Text("The forecast can no longer change"),
        Text("The prepayment of that year was issued on the forecast that holds. Nothing was recorded."),
        Text(
            "Leave it: the settlement is on actual use. The policy `late_forecast` says whether a higher one is "
            "taken."
        ),
    )


class BillingStepRefused(Problem):
    kind = Kind(
        "billing-step-refused",
        409,
        Text("This step is not possible now"),
        Text("The billing year has not come to this step, is past it, or has no such step. Nothing was done."),
        Text("Look at the run or at the steps of the year, and do what comes first."),
    )


class TariffMissing(Problem):
    kind = Kind(
        "tariff-missing",
        409,
        Text("There is no tariff"),
        Text("The catalogue holds no price of this kind for every day of the year. Nothing was billed."),
        Text("Add the tariff to the catalogue (how-to: add a tariff year), or try another year."),
    )


class TariffsRefused(Problem):
    kind = Kind(
        "tariffs-refused",
        400,
        Text("The tariffs cannot be used"),
        Text("The tariffs in the request overlap, have an impossible price, or cannot be read."),
        Text("Correct the tariff that is named."),
    )


class DebtorMissing(Problem):
    kind = Kind(
        "debtor-missing",
        409,
        Text("A party is not known as a debtor"),
        Text(
            "A party has use, a forecast or a weight, and finance has not recorded whom to bill. Nothing was done."
        ),
        Text("Record the debtor (`PUT /v1/debtors/{partyId}`) and ask again."),
    )


class BillRejected(Problem):
    kind = Kind(
        "bill-rejected",
        409,
        Text("A bill is not valid"),
        Text(
            "Every bill is checked like any invoice before it gets a number. One of this run breaks "
            "a rule, so none was issued."
        ),
        Text("Correct what the rule names, often the address of the debtor, and prepare the run again."),
    )


class IssuerMissing(Problem):
    kind = Kind(
        "issuer-missing",
        409,
        Text("The sender of the bills is not set"),
        Text("The settings under `[billing]` are not complete, so this gateway makes no bills."),
        Text("Fill in the settings that are named and restart the gateway."),
    )


class DistributionKeyRefused(Problem):
    kind = Kind(
        "distribution-key-refused",
        400,
        Text("This cannot be divided"),
        Text("There is nothing to divide, nobody to divide it over, a weight below zero or a party twice."),
        Text("Send an amount above zero in whole cents, and each party once, with a weight."),
    )


class BadCount(Problem):
    kind = Kind(
        "bad-count",
        400,
        Text("This count is not possible"),
        Text("A number of units is below zero or beyond what anybody can use. Nothing was recorded."),
        Text("Look whether figures were doubled or a separator went missing."),
    )
