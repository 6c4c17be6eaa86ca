"""Faults: the gateway is killed at named steps and at random moments, loses power, and runs against a model.

`make soak` runs the same with large numbers.
"""
