"""What keeps a document from being found."""

from __future__ import annotations

from sluice.errors.base import SluiceError


class DocumentError(SluiceError):
    """The document can't be used."""

    code = "document_error"


class UnsupportedKind(DocumentError):
    """This kind of file is not supported; send PDF, Office, HTML, Markdown, text, CSV, JSON, mail, EPUB or RTF."""

    code = "unsupported_kind"


class EmptyDocument(DocumentError):
    """The file holds no text."""

    code = "empty_document"


class NoTextLayer(DocumentError):
    """The PDF has no text layer: its pages are images. Run it through OCR and upload the result."""

    code = "no_text_layer"


class DamagedDocument(DocumentError):
    """The file is damaged or cut off and can't be read."""

    code = "damaged_document"


class EncryptedDocument(DocumentError):
    """The file is protected by a password; upload a copy without one."""

    code = "encrypted_document"


class DocumentTooLarge(DocumentError):
    """The file is larger than the limit."""

    code = "document_too_large"


class ObjectArchived(DocumentError):
    """The object lies in an archive tier; restore it, and its restoration starts the next try."""

    code = "object_archived"


class ObjectGone(DocumentError):
    """The object was deleted from the bucket before it could be read."""

    code = "object_gone"


class DocumentBusy(SluiceError):
    """The document is being processed elsewhere."""

    code = "document_busy"
    retryable = True


class DocumentUnfinished(SluiceError):
    """The time was up before the document was done; the work goes on where it stopped."""

    code = "document_unfinished"
    retryable = True


class DocumentChanged(SluiceError):
    """The document's object was replaced or deleted while it was read."""

    code = "document_changed"


class DocumentNotFindable(SluiceError):
    """The document is stored, but a search for its own words does not find it."""

    code = "document_not_findable"
    retryable = True
