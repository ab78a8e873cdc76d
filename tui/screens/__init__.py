"""The places of the console, one module each."""
