"""Where these rules were published."""

SOURCE = "EN 16931-1:2017+A1:2019, clause 6.4; UBL artefact 1.3.16"
