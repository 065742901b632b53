"""What a document may be and hold before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from sluice.errors import DocumentTooLarge

# A small archive may expand as much as it likes.
_HARMLESS_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a file, on its text, and on what its archive expands to."""

    bytes: int = 50 * 1024 * 1024
    pages: int = 5_000
    characters: int = 20_000_000
    archive_bytes: int = 200 * 1024 * 1024
    archive_ratio: int = 200
    archive_members: int = 10_000
    nesting: int = 100

    def check_bytes(self, size: int) -> None:
        if size > self.bytes:
            raise DocumentTooLarge(f"The file has {size:,} bytes; at most {self.bytes:,} are allowed.")

    def check_pages(self, pages: int, what: str = "pages") -> None:
        if pages > self.pages:
            raise DocumentTooLarge(f"The document has {pages:,} {what}; at most {self.pages:,} are allowed.")

    def check_characters(self, characters: int) -> None:
        if characters > self.characters:
            raise DocumentTooLarge(f"The text has {characters:,} characters; at most {self.characters:,} are allowed.")

    def check_nesting(self, depth: int) -> None:
        if depth > self.nesting:
            raise DocumentTooLarge(f"The document is nested deeper than {self.nesting} levels.")

    def check_archive(self, *, members: int, packed: int, expanded: int) -> None:
        """Refuse an archive by what its directory says, or by what has come out of it so far."""
        if members > self.archive_members:
            raise DocumentTooLarge(
                f"The archive has {members:,} members; at most {self.archive_members:,} are allowed."
            )
        if expanded > self.archive_bytes:
            raise DocumentTooLarge(
                f"The archive expands to more than {self.archive_bytes:,} bytes, which is the most that is allowed."
            )
        if expanded > max(_HARMLESS_BYTES, self.archive_ratio * packed):
            raise DocumentTooLarge(f"The archive expands to more than {self.archive_ratio} times its size.")
