"""Mail out: compose, deliver, retry, and what becomes of a refusal."""
