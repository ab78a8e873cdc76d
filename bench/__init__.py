"""Measurements against the limits we set ourselves and against other programs; never part of the test run."""
