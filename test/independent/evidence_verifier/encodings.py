"""Base64, digests, texts and times: identifiers.md 7 and 8, evidence-file.md 2."""

import base64
import hashlib
import re
from datetime import datetime, timezone

MAX_SAFE = 2**53 - 1
DAY_MS = 86_400_000


class Refused(Exception):
    """The check that failed; the step is known to whoever runs it."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def need(holds, code):
    if not holds:
        raise Refused(code)


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text):
    """Bytes of base64url without padding in its one spelling, or None."""
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9_-]+", text) or len(text) % 4 == 1:
        return None
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return data if b64url(data) == text else None


def from_b64(text):
    """Bytes of standard base64 with padding in its one spelling, or None."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def utf8(text):
    return text.encode("utf-8")


def sha256(data):
    return hashlib.sha256(data).digest()


def digest256(text):
    return b64url(sha256(utf8(text)))


def is_digest256(value):
    return isinstance(value, str) and len(value) == 43 and from_b64url(value) is not None


def is_digest512(value):
    return isinstance(value, str) and len(value) == 86 and from_b64url(value) is not None


def units(text):
    """Length in UTF-16 code units."""
    return len(text) + sum(ord(c) > 0xFFFF for c in text)


def is_text(value, most):
    return isinstance(value, str) and 1 <= units(value) <= most


TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", re.ASCII)


def time_ms(text):
    """Milliseconds since 1970 of a time in its one form (identifiers.md 8), or None."""
    if not isinstance(text, str) or not TIME.fullmatch(text):
        return None
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def is_time(text):
    return time_ms(text) is not None
