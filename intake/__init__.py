"""Mail in: the listener that keeps every accepted byte, the parser in its child process, and the filer."""
