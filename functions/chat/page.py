"""The web page: one document with its style, one script, and what the script needs to know about this deployment."""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from functions.chat.linking import link
from sluice import bootstrap
from sluice.settings import Settings

FOLDER = Path(__file__).parent / "page"
_STYLE = '<link rel="stylesheet" href="style.css">'
_SCRIPT = 'src="app.js"'
_YEAR = "public, max-age=31536000, immutable"

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `tag` changes whenever its content does."""

    content: bytes
    squeezed: bytes
    media_type: str

    @classmethod
    def of(cls, text: str, media_type: str) -> Asset:
        content = text.encode()
        return cls(content, gzip.compress(content, 9, mtime=0), media_type)

    @property
    def tag(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:16]


# Nothing of the page is read before somebody asks for it, and then once an environment.


@cache
def script() -> Asset:
    return Asset.of(link(FOLDER / "app.js"), "text/javascript; charset=utf-8")


@cache
def style() -> str:
    return (FOLDER / "style.css").read_text(encoding="utf-8")


@cache
def document() -> Asset:
    """The HTML with its style inside: the first paint waits for nothing else."""
    html = (FOLDER / "index.html").read_text(encoding="utf-8")
    html = html.replace(_STYLE, f"<style>{style()}</style>").replace(_SCRIPT, f'src="assets/app-{script().tag}.js"')
    return Asset.of(html, "text/html; charset=utf-8")


async def settings() -> Settings:
    return bootstrap.settings()


TheSettings = Annotated[Settings, Depends(settings)]


@router.get("/")
@router.head("/")
async def page(request: Request, settings: TheSettings) -> Response:
    """Return the page."""
    headers = {"cache-control": "no-cache", "content-security-policy": policy(settings), **_HARDENED}
    return _send(request, document(), headers)


@router.get("/assets/app-{tag}.js")
async def assets(request: Request, tag: str) -> Response:
    """Return the script; its name says its content, so that a browser never asks again."""
    if tag != script().tag:
        raise HTTPException(404, "This is the script of another version; load the page again.")
    return _send(request, script(), {"cache-control": _YEAR, **_HARDENED})


@router.get("/config.json")
async def config(settings: TheSettings) -> dict[str, object]:
    """Return what a front end has to know: where documents go, and how to sign in."""
    return {"ingest_url": settings.ingest_url or None, "auth": sorted(settings.auth), "oidc": _provider(settings)}


def policy(settings: Settings) -> str:
    """Return the content security policy: our script and style, our functions, bucket and provider, and nothing else.

    https://www.w3.org/TR/CSP3/ and https://www.w3.org/TR/trusted-types/
    """
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    provider = (settings.oidc_issuer, *settings.oidc_origins) if _provider(settings) else ()
    named = (settings.ingest_url, *settings.upload_urls, *provider)
    reached = sorted({_origin(url) for url in named if urlsplit(url).netloc})
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'sha256-{digest}'",
            " ".join(["connect-src 'self'", *reached]),
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types dompurify",
        ]
    )


_HARDENED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "vary": "accept-encoding",
}


def _provider(settings: Settings) -> dict[str, str] | None:
    """Return where the page signs in, and as which client; None where it can't."""
    client = settings.oidc_client_id or (min(settings.oidc_audience) if len(settings.oidc_audience) == 1 else "")
    return {"issuer": settings.oidc_issuer, "client_id": client} if "oidc" in settings.auth and client else None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _send(request: Request, asset: Asset, headers: dict[str, str]) -> Response:
    """Send an asset squeezed where the browser takes that, and not at all where it has it."""
    tag = f'"{asset.tag}"'
    headers = {**headers, "etag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.squeezed, headers={**headers, "content-encoding": "gzip"}, media_type=asset.media_type)
    return Response(asset.content, headers=headers, media_type=asset.media_type)
