"""The translations of the texts in the code: a gettext catalogue a language, and the program that keeps it."""
