"""Keys of the directory and who may sign with them: evidence-file.md 7.3, and JWS of 7.12."""

from .curves import es256_verifies, p256_point
from .encodings import b64url, from_b64url, sha256, utf8
from .statements import has_members
from .strict_json import BadJson, canonical, parse_canonical


class KeyRing:
    """Every key that was ever bound, whether it has ended or not."""

    def __init__(self, registry):
        self.registry = registry
        self.keys = {}
        self.branch_keys = set()

    # 7.3
    def signed(self, change, signatures, *signers):
        message = utf8("wusla/change/v1\n" + canonical(change))
        rest = [s for s in signatures if s["alg"] == "ES256" and s["by"] != "enrolment"]
        for by, key_of in signers:
            mine = [s for s in rest if s["by"] == by]
            if not mine:
                return False
            rest.remove(mine[0])
            spki, value = key_of(mine[0]["key"]), from_b64url(mine[0]["value"])
            if spki is None or value is None or not es256_verifies(spki, message, value):
                return False
        return not rest

    def by_registry(self):
        return ("registry", only_key(self.registry))

    def by_member(self, member):
        return (member, lambda key_id: self.active(member, key_id))

    def active(self, member, key_id):
        key = self.keys.get(key_id)
        good = key is not None and key["use"] == "seal" and key["member"] == member and key["end"] is None
        return key["spki"] if good else None

    def member_or_registry(self, member, signatures):
        return self.by_registry() if any(s["by"] == "registry" for s in signatures) else self.by_member(member)

    def jws(self, compact, typ, member):
        """7.12: the payload of a compact JWS by an active seal key of the member, or None."""
        parts = compact.split(".")
        if len(parts) != 3:
            return None
        decoded = [from_b64url(part) for part in parts]
        if any(part is None for part in decoded):
            return None
        try:
            header, payload = (parse_canonical(part.decode("utf-8")) for part in decoded[:2])
        except (BadJson, UnicodeDecodeError):
            return None
        if not has_members(header, {"alg", "kid", "typ"}) or header["alg"] != "ES256" or header["typ"] != typ:
            return None
        spki = self.active(member, header["kid"]) if isinstance(header["kid"], str) else None
        if spki is None or not es256_verifies(spki, f"{parts[0]}.{parts[1]}".encode(), decoded[2]):
            return None
        return payload

    def end_keys(self, belongs, time, unsafe_since, orderly):
        for key in self.keys.values():
            if key["end"] is None and belongs(key):
                key["end"] = {"time": time, "unsafeSince": unsafe_since, "orderly": orderly}

    def ever_bound(self, public_key):
        key_id = b64url(sha256(from_b64url(public_key)))
        return key_id in self.keys or key_id in self.branch_keys

    def is_free(self, public_key):
        return p256_point(from_b64url(public_key)) is not None and not self.ever_bound(public_key)

    def bind(self, change, use, public_key):
        spki = from_b64url(public_key)
        self.keys[b64url(sha256(spki))] = {
            "use": use,
            "spki": spki,
            "gateway": change["gateway"],
            "member": change["member"],
            "time": change["time"],
            "end": None,
        }


def only_key(spki):
    return lambda key_id: spki if key_id == b64url(sha256(spki)) else None
