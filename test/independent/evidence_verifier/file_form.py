"""The form of the file: evidence-file.md 3."""

import re

from .encodings import from_b64url, is_digest256, is_text
from .strict_json import as_whole
from .identifiers import is_exchange, is_id, is_network
from .statements import has_members


def is_proof(value):
    return isinstance(value, list) and len(value) <= 64 and all(is_digest256(item) for item in value)


def is_seal(value):
    return (
        has_members(value, {"alg", "key", "value"})
        and isinstance(value["alg"], str)
        and re.fullmatch("[A-Za-z0-9-]{1,32}", value["alg"]) is not None
        and is_digest256(value["key"])
        and is_text(value["value"], 10_923)
        and from_b64url(value["value"]) is not None
    )


def is_place(value, extra=frozenset()):
    return has_members(value, {"index", "proof"} | extra) and as_whole(value["index"]) is not None and is_proof(value["proof"])


def is_half(value):
    return (
        is_place(value, {"statement", "batch", "ledger"})
        and is_text(value["statement"], 65_536)
        and has_members(value["batch"], {"header", "seals"})
        and is_text(value["batch"]["header"], 8192)
        and isinstance(value["batch"]["seals"], list)
        and 1 <= len(value["batch"]["seals"]) <= 4
        and all(is_seal(seal) for seal in value["batch"]["seals"])
        and is_place(value["ledger"])
    )


def is_directory_part(value):
    return (
        has_members(value, {"checkpoint", "entries"})
        and is_text(value["checkpoint"], 65_536)
        and isinstance(value["entries"], list)
        and 1 <= len(value["entries"]) <= 4096
        and all(is_place(item, {"entry"}) and is_text(item["entry"], 65_535) for item in value["entries"])
    )


def is_file(value):
    return (
        has_members(value, {"format", "network", "exchange", "holder", "request", "answer", "ledger", "directory"})
        and value["format"] == "wusla/evidence/v1"
        and is_network(value["network"])
        and is_exchange(value["exchange"])
        and is_id("gateway", value["holder"])
        and is_half(value["request"])
        and (value["answer"] is None or is_half(value["answer"]))
        and has_members(value["ledger"], {"origin", "key", "checkpoint"})
        and is_text(value["ledger"]["origin"], 4096)
        and is_text(value["ledger"]["key"], 8192)
        and is_text(value["ledger"]["checkpoint"], 65_536)
        and is_directory_part(value["directory"])
    )
