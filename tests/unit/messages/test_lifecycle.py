"""A message moves only by the steps that its state allows, and every state that is not final can be left."""

import pytest

from gateway.messages.lifecycle import FIRST_STEPS, STEPS, LifecycleError, State, Step, after

FINAL = {State.CONFIRMED, State.REFUSED, State.DUPLICATE}


def test_a_new_message_begins_with_the_first_steps_and_is_received() -> None:
    state: State | None = None
    for step in FIRST_STEPS:
        state = after(state, step)
    assert state is State.RECEIVED


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.INTAKE_STARTED])
def test_a_step_is_taken_from_the_states_that_allow_it_and_from_no_other(step: Step) -> None:
    for state in State:
        if state in STEPS[step].allowed_from:
            assert after(state, step) is STEPS[step].leads_to
        else:
            with pytest.raises(LifecycleError):
                after(state, step)
    with pytest.raises(LifecycleError):
        after(None, step)


@pytest.mark.parametrize("state", list(State))
def test_intake_is_started_once(state: State) -> None:
    with pytest.raises(LifecycleError):
        after(state, Step.INTAKE_STARTED)


@pytest.mark.parametrize("state", list(State))
def test_a_state_can_be_left_unless_it_is_final(state: State) -> None:
    leads_to = {rule.leads_to for rule in STEPS.values() if state in rule.allowed_from} - {state}
    assert bool(leads_to) is (state not in FINAL)


def test_only_an_operator_or_the_recipient_moves_a_settled_message() -> None:
    moved = {step for step, rule in STEPS.items() for state in rule.allowed_from if state.is_settled}
    assert moved == {Step.CONFIRMED, Step.REPLAYED, Step.DELIVERY_FAILED}
    assert {state for state in State if not state.is_settled} == {State.RECEIVED, State.CHECKED, State.OFFERED}
