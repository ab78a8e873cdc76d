"""The demo: a throwaway desk with believable customers, on this machine alone."""
