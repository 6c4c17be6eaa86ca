"""The problems of the resources: what cannot be done with a message, the meter or a bill."""

import logging

from gateway.api.words import PARTS
from gateway.clock import billing_date
from gateway.http.problems import LoggedProblem, Problem
from gateway.i18n import Text
from gateway.messages.retention import ForgottenPart


class IdempotencyConflict(Problem):
    status = 409
    title = Text("Idempotency-Key used before")
    meaning = Text(
        "This key was sent before with another body. `firstKenmerk` names the message it belongs to. Nothing was "
        "stored."
    )
    remedy = Text("Use a new key for a new message, and the same key only to repeat the same bytes.")

    def __init__(self, first_kenmerk: str) -> None:
        super().__init__(
            Text(
                "This Idempotency-Key belongs to message {first_kenmerk}, which has another body.",
                first_kenmerk=first_kenmerk,
            ),
            firstKenmerk=first_kenmerk,
        )


class Forgotten(Problem):
    status = 410
    title = Text("Forgotten")
    meaning = Text(
        "This part of the message was kept as long as the operator's settings say, and removed after that. "
        "`forgottenAt` and `rule` say when and by which setting. Its hash, the steps and the meter entries remain."
    )
    remedy = Text(
        "Ask the sender or the recipient for its copy, and compare its SHA-256 with that of the message."
    )

    def __init__(self, kenmerk: str, forgotten: ForgottenPart) -> None:
        super().__init__(
            Text(
                "Of message {kenmerk} the {part} was forgotten on {day:date} ({rule}).",
                kenmerk=kenmerk,
                part=PARTS[forgotten.part],
                day=billing_date(forgotten.at),
                rule=forgotten.rule,
            ),
            forgottenAt=f"{forgotten.at:%Y-%m-%dT%H:%M:%SZ}",
            rule=forgotten.rule,
            sha256=forgotten.sha256,
        )


class UsageConflict(Problem):
    status = 409
    title = Text("Usage event recorded before")
    meaning = Text(
        "An event with this `source` and `id` is in the meter with other content. Nothing of the request "
        "was recorded."
    )
    remedy = Text(
        "Repeat an event only unchanged. To correct one, have it reversed and send another with a new id."
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
    status = 409
    title = Text("Not possible in this state")
    meaning = Text("What was asked does not fit the state in which the message or party is now.")
    remedy = Text("Fetch it again and look at its state.")


class LeaseLost(Problem):
    status = 409
    title = Text("The lease is not yours any more")
    meaning = Text(
        "The message was not confirmed within its lease, and is available again or was leased by another process."
    )
    remedy = Text("Take messages again. If you have the message safe already, confirm it with the new token.")

    def __init__(self, kenmerk: str) -> None:
        super().__init__(Text("The token is not that of the current lease on message {kenmerk}.", kenmerk=kenmerk))


class NotJudged(LoggedProblem):
    log_level = logging.WARNING
    status = 413
    title = Text("The document could not be judged")
    meaning = Text(
        "Judging the document asks more time or memory than one document gets, or broke otherwise. Nothing is "
        "known of whether it is valid. The case is in the log."
    )
    remedy = Text("Send a smaller document; give the operator the `reference` if the document is ordinary.")


class InputsMoved(Problem):
    status = 409
    title = Text("The inputs have changed")
    meaning = Text(
        "A count, forecast, tariff, debtor, policy or earlier bill changed since the run was prepared, or another"
        " run billed the same year. Nothing was approved or issued."
    )
    remedy = Text("Prepare the run again, look at what it gives, and have that approved.")


class OwnApproval(Problem):
    status = 403
    title = Text("Somebody else has to approve")
    meaning = Text("The run was prepared with this very key, and approval is by another (`approval_by_another`).")
    remedy = Text("Have the holder of another key of the role finance approve it.")


class ForecastLocked(Problem):
    status = 409
    title = Text("The forecast can no longer change")
    meaning = Text("The prepayment of that year was issued on the forecast that holds. Nothing was recorded.")
    remedy = Text(
        "Leave it: the settlement is on actual use. The policy `late_forecast` says whether a higher one is taken."
    )


class BillingStepRefused(Problem):
    status = 409
    title = Text("This step is not possible now")
    meaning = Text(
        "The billing year has not come to this step, is past it, or has no such step. Nothing was done."
    )
    remedy = Text("Look at the run or at the steps of the year, and do what comes first.")


class TariffMissing(Problem):
    status = 409
    title = Text("There is no tariff")
    meaning = Text("The catalogue holds no price of this kind for every day of the year. Nothing was billed.")
    remedy = Text("Add the tariff to the catalogue (how-to: add a tariff year), or try another year.")


class TariffsRefused(Problem):
    status = 400
    title = Text("The tariffs cannot be used")
    meaning = Text("The tariffs in the request overlap, have an impossible price, or cannot be read.")
    remedy = Text("Correct the tariff that is named.")


class DebtorMissing(Problem):
    status = 409
    title = Text("A party is not known as a debtor")
    meaning = Text(
        "A party has use, a forecast or a weight, and finance has not recorded whom to bill. Nothing was done."
    )
    remedy = Text("Record the debtor (`PUT /v1/debtors/{partyId}`) and ask again.")


class DebtorRefused(Problem):
    status = 409
    title = Text("The debtor cannot be recorded")
    meaning = Text(
        "The debtor differs from the register or from another debtor, or says what cannot be. Nothing was done."
    )
    remedy = Text(
        "Correct the debtor or the register. Where both are right, say why in `despiteRegister`; it is recorded."
    )


class PartyRefused(Problem):
    status = 409
    title = Text("Parties of the run cannot be billed")
    meaning = Text("Every party that is named would get a wrong bill, or none. Nothing was prepared.")
    remedy = Text("Correct what is named for each party, or leave it out by a decision `leave-out` with a reason.")


class ConfirmationNeeded(Problem):
    status = 409
    title = Text("An amount or a forecast is far from the year before")
    meaning = Text("It may be a typing error, so that somebody has to confirm it. Nothing was done.")
    remedy = Text(
        "Check it. If it is right, confirm it with a reason: `confirmation` of a forecast, or a decision "
        "`confirm` for a party of a run."
    )


class BillRejected(Problem):
    status = 409
    title = Text("A bill is not valid")
    meaning = Text(
        "Every bill is checked like any invoice before it gets a number. One of this run breaks "
        "a rule, so none was issued."
    )
    remedy = Text("Correct what the rule names, often the address of the debtor, and prepare the run again.")


class IssuerMissing(Problem):
    status = 409
    title = Text("The sender of the bills is not set")
    meaning = Text("The settings under `[billing]` are not complete, so this gateway makes no bills.")
    remedy = Text("Fill in the settings that are named and restart the gateway.")


class DistributionKeyRefused(Problem):
    status = 400
    title = Text("This cannot be divided")
    meaning = Text("There is nothing to divide, nobody to divide it over, a weight below zero or a party twice.")
    remedy = Text("Send an amount above zero in whole cents, and each party once, with a weight.")


class BankFileRefused(Problem):
    status = 400
    title = Text("This bank file cannot be used")
    meaning = Text(
        "It is neither CAMT.053 nor a CSV file with the columns date, amount and reference, or it is of another "
        "account than bills are paid to. Nothing was recorded."
    )
    remedy = Text(
        "Ask the bank for CAMT.053 of the account in billing.iban, or send the CSV file that is described."
    )


class BadCount(Problem):
    status = 400
    title = Text("This count is not possible")
    meaning = Text("A number of units is below zero or beyond what anybody can use. Nothing was recorded.")
    remedy = Text("Look whether figures were doubled or a separator went missing.")
