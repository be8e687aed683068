"""Identifiers: identifiers.md."""

import re
import unicodedata

from .encodings import utf8

UNSEEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]"
)
NETWORK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
LITERAL = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@")


def is_segment(segment):
    data = bytearray()
    at = 0
    while at < len(segment):
        if segment[at] in LITERAL:
            data.append(ord(segment[at]))
            at += 1
        elif re.fullmatch("%[0-9A-F]{2}", segment[at : at + 3]):
            data.append(int(segment[at + 1 : at + 3], 16))
            at += 3
        else:
            return False
    try:
        part = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if part in ("", ".", "..") or len(data) > 255 or UNSEEN.search(part):
        return False
    if unicodedata.normalize("NFC", part) != part:
        return False
    spelled = "".join(c if c in LITERAL else "".join(f"%{b:02X}" for b in utf8(c)) for c in part)
    return spelled == segment


LENGTHS = {"member": (3,), "system": (4,), "service": (5,), "gateway": (4,), "branch": (3,), "client": (3, 4)}


def is_network(text):
    return isinstance(text, str) and NETWORK.fullmatch(text) is not None


def is_id(kind, text):
    if not isinstance(text, str):
        return False
    parts = text.split("/")
    if len(parts) not in LENGTHS[kind] or not is_network(parts[0]):
        return False
    if not all(is_segment(part) for part in parts[1:]):
        return False
    return parts[1] == "branch" if kind == "branch" else parts[1].lower() != "branch"


def member_of(text):
    return "/".join(text.split("/")[:3])


def network_of(text):
    return text.split("/")[0]


EXCHANGE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def is_exchange(text):
    return isinstance(text, str) and EXCHANGE.fullmatch(text) is not None
