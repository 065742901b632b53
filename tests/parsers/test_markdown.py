"""Markdown: a block a heading, tables readable, code untouched."""

from __future__ import annotations

from sluice.adapters.parsers import markdown
from sluice.domain import Block, ParsedDocument


def test_a_block_knows_the_path_of_its_headings() -> None:
    """Levels nest, and a higher heading ends the lower ones."""
    text = "Before.\n\n# Install #\nAll.\n## Linux\nA.\n## Mac\nB.\n# Use\nC."

    assert markdown.read(text) == ParsedDocument(
        "markdown",
        (
            Block("Before."),
            Block("Install\n\nAll.", heading="Install"),
            Block("Linux\n\nA.", heading="Install > Linux"),
            Block("Mac\n\nB.", heading="Install > Mac"),
            Block("Use\n\nC.", heading="Use"),
        ),
        title="Install",
    )


def test_a_heading_without_text_stands_before_the_next() -> None:
    """Alone it would be found and answer nothing; at the end it is all there is."""
    text = "# Install\n\n## Linux\nA.\n## Mac\n## Windows\nB.\n# End"

    assert markdown.read(text).blocks == (
        Block("Install\n\nLinux\n\nA.", heading="Install > Linux"),
        Block("Mac\n\nWindows\n\nB.", heading="Install > Windows"),
        Block("End", heading="End"),
    )


def test_underlined_headings_count() -> None:
    """Setext headings are headings too; a rule after a list or a blank line is none."""
    text = "Top\n===\nOne.\n\nSub\n---\nTwo.\n\n- item\n---\nend"

    assert [block.heading for block in markdown.read(text).blocks] == ["Top", "Top > Sub"]


def test_tables_are_rows_of_cells() -> None:
    """Cells are joined by a bar, the ruler is left out, an escaped bar stays in its cell."""
    text = "| Name | Size |\n|:-----|-----:|\n| a\\|b | 2 |"

    assert markdown.read(text).blocks == (Block("Name | Size\na\\|b | 2"),)


def test_code_is_kept_as_it_is() -> None:
    """In a fence nothing is a heading, a table or a tag, and a shorter fence does not end it."""
    text = "````md\n# not a heading\n```\n|a|b|\n<!-- shown -->\n````\nafter"

    assert markdown.read(text).blocks == (Block(text),)


def test_what_is_not_shown_is_left_out() -> None:
    """Comments, scripts and the tags of HTML lines are not indexed; images are shown by their description."""
    text = "<!-- secret -->\n<script>\nalert(1)\n</script>\n<p align='center'>Shown</p>\n![A chart](chart.png)"

    assert markdown.read(text).blocks == (Block("Shown\nA chart"),)


def test_a_comment_that_is_not_closed_reaches_to_the_end() -> None:
    """As every Markdown renderer has it, and in one pass."""
    assert markdown.read("Shown.\n\n" + "<!-- hidden " * 50_000).blocks == (Block("Shown."),)


def test_front_matter_gives_the_title() -> None:
    """The block of properties before the text is no text."""
    assert markdown.read('---\ntitle: "Annual report"\ntags: [a]\n---\n# Other\nText.') == ParsedDocument(
        "markdown", (Block("Other\n\nText.", heading="Other"),), title="Annual report"
    )


def test_images_may_have_parentheses_in_their_addresses() -> None:
    """And what only begins like an image stays, however often."""
    assert markdown.read("See ![a chart](chart(1).png) here").blocks == (Block("See a chart here"),)
    assert markdown.read("![" * 100_000).blocks == (Block("![" * 100_000),)
    assert markdown.read("![](" * 100_000).blocks == (Block("![](" * 100_000),)


def test_a_fence_without_end_is_read_in_one_pass() -> None:
    """No shorter one within it is tried."""
    assert markdown.read("`" * 200_000 + "end").blocks[0].text.endswith("`end")
