"""How much of a mail is looked at. What lies beyond a cap is left out and said so; the raw mail is kept whole."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caps:
    """Limits of one parse. Sizes are octets where they are about what came in, characters where about what goes out."""

    parts: int = 1000
    depth: int = 50
    header_bytes: int = 1 << 20
    part_header_bytes: int = 1 << 16
    header_lines: int = 20_000
    value_bytes: int = 1 << 16
    """Of one header field, unfolded."""
    addresses: int = 1000
    references: int = 200
    parameters: int = 200
    subject: int = 4_000
    filename: int = 1_000
    html_bytes: int = 2 << 20
    html_elements: int = 100_000
    text: int = 4 << 20


@dataclass
class Notes:
    """Collects the sentences that say what was wrong with a mail and how it was read; each once."""

    sentences: list[str]

    def add(self, sentence: str) -> None:
        """Remember a sentence, at most fifty of them."""
        if sentence not in self.sentences and len(self.sentences) < 50:
            self.sentences.append(sentence)
