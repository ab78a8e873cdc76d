"""The commands of ``tierdesk``, one module each; ``command`` in each is what ``app.lazy`` imports."""
