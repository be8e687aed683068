"""Statements, batches and seals: statement.md; evidence-file.md 5.9 to 5.20."""

import re

from .curves import es256_verifies
from .encodings import Refused, digest256, from_b64url, is_digest256, is_digest512, is_time, need, utf8
from .strict_json import BadJson, as_whole, canonical, parse_canonical
from .identifiers import is_exchange, is_id, is_network, network_of
from .merkle import is_included

METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
REQUEST_ALWAYS = {"agreement", "bodyBytes", "client", "exchange", "head", "messageId", "method", "path", "service", "time", "type"}
REQUEST_MAYBE = {"body", "issue", "purpose", "query", "representedParty", "user"}
ANSWER_ALWAYS = {"bodyBytes", "exchange", "head", "request", "status", "time", "type"}
ANSWER_MAYBE = {"body", "error"}


def has_members(value, always, maybe=frozenset()):
    return isinstance(value, dict) and always <= set(value) <= always | set(maybe)


def is_body(value):
    length = as_whole(value["bodyBytes"])
    if length is None:
        return False
    return is_digest512(value.get("body")) if length else "body" not in value


def is_word(value):
    if not isinstance(value, str) or not 0 < len(utf8(value)) <= 1024:
        return False
    return not any(ord(c) < 0x20 or ord(c) == 0x7F for c in value)


def is_purpose(value):
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", value) is not None


def read_statement(text, always, maybe, is_good):
    need(len(utf8(text)) <= 65_536, "invalid_statement")
    try:
        value = parse_canonical(text)
    except BadJson:
        raise Refused("invalid_statement") from None
    need(has_members(value, always, maybe) and is_body(value) and is_good(value), "invalid_statement")
    return value


def is_request(value):
    agreement = value["agreement"]
    return (
        value["type"] == "wusla/request/v1"
        and (agreement == "open" or is_digest256(agreement))
        and is_id("client", value["client"])
        and is_exchange(value["exchange"])
        and is_digest512(value["head"])
        and is_word(value["messageId"])
        and all(is_word(value[name]) for name in ("issue", "representedParty", "user") if name in value)
        and is_purpose(value.get("purpose", "none"))
        and isinstance(value["method"], str)
        and value["method"] in METHODS
        and isinstance(value["path"], str)
        and re.fullmatch(r"(?:/[!-~]*)?", value["path"]) is not None
        and not re.search(r"[?#]", value["path"])
        and len(value["path"]) <= 8192
        and re.fullmatch(r"[!-~]{0,16384}", value.get("query", "")) is not None
        and is_id("service", value["service"])
        and is_time(value["time"])
    )


def is_answer(value):
    status = as_whole(value["status"])
    return (
        value["type"] == "wusla/answer/v1"
        and ("error" not in value or (isinstance(value["error"], str) and re.fullmatch("[a-z][a-z0-9_]{0,63}", value["error"])))
        and is_exchange(value["exchange"])
        and is_digest512(value["head"])
        and is_digest256(value["request"])
        and status is not None
        and 100 <= status <= 599
        and is_time(value["time"])
    )


HEADER = {"from", "kind", "network", "root", "sequence", "session", "size", "to", "type"}


def read_header(text):
    try:
        header = parse_canonical(text)
    except BadJson:
        raise Refused("invalid_header") from None
    need(
        has_members(header, HEADER)
        and header["type"] == "wusla/batch/v1"
        and header["kind"] in ("requests", "answers")
        and is_network(header["network"])
        and all(is_id("gateway", header[end]) and network_of(header[end]) == header["network"] for end in ("from", "to"))
        and is_digest256(header["root"])
        and is_digest256(header["session"])
        and as_whole(header["sequence"]) is not None
        and 1 <= (as_whole(header["size"]) or 0) <= 65_536,
        "invalid_header",
    )
    return header


def check_batch(file, half, kind):
    """5.11"""
    header = read_header(half["batch"]["header"])
    need(header["network"] == file["network"], "other_network")
    need(header["kind"] == kind, "wrong_kind")
    root, size = from_b64url(header["root"]), as_whole(header["size"])
    need(is_included(half["statement"], half["index"], size, half["proof"], root), "not_included")
    return header


def known_seals(half):
    return [seal for seal in half["batch"]["seals"] if seal["alg"] == "ES256"]


def check_seal_keys(half, replay, gateway):
    """5.13"""
    need(known_seals(half), "no_known_algorithm")
    keys = []
    for seal in known_seals(half):
        key = replay.keys.get(seal["key"])
        need(key is not None and key["use"] == "seal", "unknown_key")
        need(key["gateway"] == gateway, "other_owner")
        keys.append(key)
    return keys


def check_seals(half, replay):
    """5.14"""
    message = utf8("wusla/batch/v1\n" + half["batch"]["header"])
    for seal in known_seals(half):
        value = from_b64url(seal["value"])
        need(value is not None and es256_verifies(replay.keys[seal["key"]]["spki"], message, value), "invalid_signature")


def check_ledger_inclusion(file, half, header, checkpoint):
    """5.20"""
    direction = "sent" if header["from"] == file["holder"] else "received"
    seals = canonical(half["batch"]["seals"])
    entry = canonical(
        {
            "batch": digest256(half["batch"]["header"]),
            "direction": direction,
            "seals": digest256(seals),
            "type": "wusla/evidence-entry/v1",
        }
    )
    place = half["ledger"]
    need(is_included(entry, place["index"], checkpoint.size, place["proof"], checkpoint.root), "not_included")
