"""A stand-in for Ascend's plug-in: strict in what it accepts, and it computes on the CPU.

It takes exactly the session parameters that the platform documents, with their
types, and raises where the plug-in would end the process or compute elsewhere.
"""
