"""Texts of publications as pages show them: Markdown (CommonMark with tables), never HTML of who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

LOWEST = 6
KEPT = 64
"""So many texts are kept as they are drawn."""


class _Renderer(RendererHTML):
    """Draws headings below the page's own, tables that scroll by themselves, links that pass nothing on."""

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: dict[str, object]
    ) -> str:  # the signature that the library calls
        return f"<{_below(tokens[idx])}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: dict[str, object]) -> str:
        return f"</{_below(tokens[idx])}>\n"

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: dict[str, object]) -> str:
        return '<div class="scroll" tabindex="0"><table class="rows">\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: dict[str, object]) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: dict[str, object]) -> str:
        return f'<th scope="col"{_end(tokens[idx])}>'

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: dict[str, object]) -> str:
        return f"<td{_end(tokens[idx])}>"

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: dict[str, object]) -> str:
        tokens[idx].attrSet("rel", "nofollow noopener noreferrer")
        return self.renderToken(tokens, idx, options, env)


def _end(cell: Token) -> str:
    """Return how a cell that stands at its end is told: by a class, since styles in pages are not obeyed."""
    return ' class="end"' if cell.attrGet("style") == "text-align:right" else ""


def _below(token: Token) -> str:
    return f"h{min(int(token.tag[1]) + 1, LOWEST)}"


_READ = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table").disable("image")


@lru_cache(maxsize=KEPT)
def drawn(text: str) -> Markup:
    """Return a text as HTML: tags that somebody wrote are shown, not obeyed; addresses that run something lead nowhere.

    Images are not drawn: they would tell others who reads.
    """
    return Markup(_READ.render(text))


def opening(text: str, most: int = 120) -> str:
    """Return how a text begins, without its marks, in at most so many characters."""
    said = " ".join(
        piece.content
        for block in _READ.parse(text)
        for piece in block.children or ()
        if piece.type in ("text", "code_inline")
    )
    plain = " ".join(said.split())
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"
