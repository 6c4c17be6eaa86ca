"""Where these rules were published, and how one that fits no form is written."""

from functools import partial

from gateway.validator.rules import forms

SOURCE = "EN 16931-1:2017+A1:2019, clause 6.4; UBL artefact 1.3.16"
condition = partial(forms.condition, source=SOURCE)
