"""Forms of entries of the directory: evidence-file.md 7.1 and 7.2."""

import re

from .curves import SPKI
from .encodings import from_b64url, is_digest256, is_text, is_time, utf8
from .strict_json import BadJson, as_whole, parse_canonical
from .identifiers import is_id, network_of
from .statements import has_members


CLASSES = ("open", "confidential", "sensitive", "secret")


def is_vkey_form(value):
    return isinstance(value, str) and re.fullmatch(r"[^\s+]{1,512}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", value) is not None


def is_public_key(value):
    data = from_b64url(value)
    return data is not None and len(data) == 91 and data.startswith(SPKI + b"\4")


def is_branch_class(value):
    return isinstance(value, str) and re.fullmatch("[A-Za-z0-9-]{1,32}", value) is not None


def is_name(value):
    return has_members(value, {"ar", "en"}) and is_text(value["ar"], 200) and is_text(value["en"], 200)


def is_line(value):
    return is_text(value, 200) and not re.search("[\x00-\x1f\x7f-\x9f]", value)


def is_office(value):
    return has_members(value, {"ar", "en"}) and is_line(value["ar"]) and is_line(value["en"])


def is_mandate_id(value):
    data = from_b64url(value)
    return data is not None and 16 <= len(data) <= 32


def is_object_identifier(value):
    return is_text(value, 255) and re.fullmatch(r"[0-2](\.(0|[1-9][0-9]{0,38})){1,31}", value) is not None


def is_true(value):
    return value is True


def has_rule(change):
    """7.2: what no single member shows."""
    if change["kind"] == "agreement_effective":
        return ("document" in change) == ("signedUnder" in change)
    if change["kind"] == "signing_policy_set":
        return change["level"] != "qualified" or len(change["qualifiedPolicies"]) > 0
    return True


def is_jws_form(value):
    return is_text(value, 4096)


def forms(network):
    """7.2: members of each kind; a leading ? marks what may be absent."""

    def id_(kind):
        return lambda value: is_id(kind, value) and network_of(value) == network

    def text(most):
        return lambda value: is_text(value, most)

    def different(is_item, least, most):
        return lambda value: (
            isinstance(value, list)
            and least <= len(value) <= most
            and all(is_item(item) for item in value)
            and len(set(value)) == len(value)
        )

    member, gateway, branch = id_("member"), id_("gateway"), id_("branch")
    mandates = different(is_mandate_id, 1, 2)
    standing = {"member": member, "reason": text(500)}
    agreement = {"agreement": is_digest256, "party": member, "reason": text(500)}
    return {
        "network_founded": {
            "registryKey": is_public_key,
            "rootCertificate": text(4096),
            "logKey": is_vkey_form,
            "name": is_name,
            "maxStalenessHours": lambda value: 1 <= (as_whole(value) or 0) <= 8760,
        },
        "member_admitted": {"member": member, "name": is_name},
        "member_suspended": standing,
        "member_resumed": standing,
        "member_readmitted": standing,
        "gateway_enrolled": {
            "gateway": gateway,
            "member": member,
            "sealKey": is_public_key,
            "tlsKey": is_public_key,
            "ledgerKey": is_vkey_form,
            "branches": different(branch, 0, 16),
            "?voucher": is_jws_form,
        },
        "key_bound": {
            "gateway": gateway,
            "member": member,
            "use": lambda value: value in ("seal", "tls"),
            "publicKey": is_public_key,
        },
        "key_revoked": {"member": member, "key": is_digest256, "reason": text(500), "at": is_time},
        "gateway_retired": {"gateway": gateway},
        "branch_commissioned": {
            "branch": branch,
            "host": member,
            "controlAddress": text(263),
            "tunnelAddress": text(263),
            "mirrorUrl": text(512),
            "tlsKey": is_public_key,
            "witnessKey": is_vkey_form,
            "?class": is_branch_class,
        },
        "branch_retired": {"branch": branch},
        "agreement_effective": {
            "agreement": is_digest256,
            "parties": different(member, 2, 2),
            "validFrom": is_time,
            "validUntil": is_time,
            "acceptances": lambda value: isinstance(value, list) and len(value) == 2 and all(map(is_jws_form, value)),
            "?document": is_digest256,
            "?signedUnder": lambda value: isinstance(value, list) and len(value) == 2 and all(map(mandates, value)),
            "?supersedes": is_digest256,
        },
        "signing_policy_set": {
            "level": lambda value: value in ("advanced", "qualified"),
            "qualifiedPolicies": different(is_object_identifier, 0, 16),
            "roots": different(lambda value: is_text(value, 8192) and from_b64url(value) is not None, 1, 16),
            "answerWithinDays": lambda value: 1 <= (as_whole(value) or 0) <= 365,
            "?testAuthorities": is_true,
        },
        "mandate_granted": {
            "member": member,
            "mandate": is_mandate_id,
            "holder": is_digest256,
            "office": is_office,
            "kinds": different(lambda value: value in ("service", "hosting", "membership"), 1, 3),
            "dataClassUpTo": lambda value: value in CLASSES,
            "instrument": is_digest256,
            "validFrom": is_time,
            "validUntil": is_time,
            "?ceilingAed": lambda value: as_whole(value) is not None and as_whole(value) <= 1_000_000_000,
            "?fourEyes": is_true,
            "?delegable": is_true,
            "?delegatedFrom": is_mandate_id,
        },
        "mandate_ended": {"member": member, "mandate": is_mandate_id, "reason": text(500)},
        "agreement_suspended": agreement,
        "agreement_resumed": agreement,
        "agreement_revoked": agreement,
    }


def has_form(change, network, fields):
    always = {name for name in fields if not name.startswith("?")} | {"type", "kind", "network", "time"}
    maybe = {name[1:] for name in fields if name.startswith("?")}
    if not has_members(change, always, maybe):
        return False
    if change["type"] != "wusla/change/v1" or change["network"] != network or not is_time(change["time"]):
        return False
    if not all(is_good(change[name.lstrip("?")]) for name, is_good in fields.items() if name.lstrip("?") in change):
        return False
    return has_rule(change)


def read_entry(text):
    """7.1: change and signatures, or None."""
    if len(utf8(text)) > 65_535:
        return None
    try:
        entry = parse_canonical(text)
    except BadJson:
        return None
    if not has_members(entry, {"change", "signatures"}) or not isinstance(entry["change"], dict):
        return None
    signatures = entry["signatures"]
    if not isinstance(signatures, list) or not 1 <= len(signatures) <= 8:
        return None
    limits = {"alg": 32, "by": 1024, "key": 64, "value": 16_384}
    for signature in signatures:
        if not has_members(signature, set(limits)):
            return None
        if not all(is_text(signature[name], most) for name, most in limits.items()):
            return None
    return entry["change"], signatures
