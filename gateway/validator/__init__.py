"""The stages from bytes to verdict, and the processes that do them.

Owns: the order of the stages, the report, the worker processes with their limits.
Does not own: the rules, and what follows from a verdict.
Always true: a document that breaks its worker breaks nothing else.
"""
