"""What entries of the directory do: evidence-file.md 7.3 to 7.15."""

from .changes import forms, has_form, read_entry
from .curves import ed25519_verifies
from .encodings import b64url, from_b64url, is_time, sha256, time_ms, utf8
from .identifiers import member_of
from .agreements import Agreements
from .key_ring import only_key
from .notes import parse_vkey
from .statements import has_members
from .strict_json import canonical


class Replay(Agreements):
    def __init__(self, anchor):
        super().__init__(from_b64url(anchor["registryKey"]))
        self.network = anchor["network"]
        self.anchor = anchor
        self.forms = forms(self.network)
        self.founded = False
        self.members = {}
        self.gateways = {}
        self.branches = {}
        self.commissions = []

    def apply(self, text):
        """True when the entry has its effect. The first one must found the network."""
        entry = read_entry(text)
        if entry is None:
            return False
        change, signatures = entry
        fields = self.forms.get(change.get("kind")) if isinstance(change.get("kind"), str) else None
        if fields is None or not has_form(change, self.network, fields):
            return False
        kind = change["kind"]
        if not self.founded:
            self.founded = kind == "network_founded" and self.found(change, signatures)
            return self.founded
        return kind != "network_founded" and getattr(self, kind)(change, signatures)

    # 7.4
    def found(self, change, signatures):
        same = all(change[name] == self.anchor[name] for name in ("registryKey", "rootCertificate", "logKey"))
        return same and self.signed(change, signatures, self.by_registry())

    # 7.5
    def member_admitted(self, change, signatures):
        member = change["member"]
        if member in self.members or not self.signed(change, signatures, self.by_registry()):
            return False
        self.members[member] = {"suspended": False, "first": True, "time": change["time"]}
        return True

    # 7.6
    def member_suspended(self, change, signatures):
        return self.standing(change, signatures)

    def member_resumed(self, change, signatures):
        return self.standing(change, signatures)

    def member_readmitted(self, change, signatures):
        return self.standing(change, signatures)

    def standing(self, change, signatures):
        record = self.members.get(change["member"])
        if record is None or change["time"] <= record["time"]:
            return False
        kind = change["kind"]
        if kind == "member_suspended" and record["suspended"] or kind == "member_resumed" and not record["suspended"]:
            return False
        if not self.signed(change, signatures, self.by_registry()):
            return False
        record.update(suspended=kind == "member_suspended", time=change["time"])
        if kind == "member_readmitted":
            record["first"] = True
            self.end_keys(lambda key: key["member"] == change["member"], change["time"], change["time"], False)
            for gateway in self.gateways.values():
                if gateway["member"] == change["member"] and not gateway["retired"]:
                    gateway.update(retired=True, time=change["time"])
        return True

    # 7.7
    def gateway_enrolled(self, change, signatures):
        gateway, member, time = change["gateway"], change["member"], change["time"]
        record = self.members.get(member)
        if record is None or record["suspended"] or member_of(gateway) != member:
            return False
        known = self.gateways.get(gateway)
        if known is not None and (not known["retired"] or time <= known["time"]):
            return False
        seal, tls = change["sealKey"], change["tlsKey"]
        if seal == tls or not self.is_free(seal) or not self.is_free(tls):
            return False
        ledger = parse_vkey(change["ledgerKey"])
        if ledger is None or ledger.kind != 1 or ledger.name != "wusla/" + gateway:
            return False
        needed = [(gateway, only_key(from_b64url(seal)))]
        if record["first"]:
            if "voucher" in change:
                return False
            needed.append(self.by_registry())
        elif "voucher" not in change:
            needed.append(self.by_member(member))
        elif not self.vouched(change, signatures):
            return False
        if not self.signed(change, signatures, *needed):
            return False
        record["first"] = False
        ledger_keys = (known["ledgerKeys"] if known else []) + [change["ledgerKey"]]
        self.gateways[gateway] = {"member": member, "retired": False, "time": time, "ledgerKeys": ledger_keys}
        self.bind(change, "seal", seal)
        self.bind(change, "tls", tls)
        return True

    def vouched(self, change, signatures):
        payload = self.jws(change["voucher"], "wusla-voucher+jws", change["member"])
        if not has_members(payload, {"expires", "gateway", "member", "secretHash"}):
            return False
        if payload["gateway"] != change["gateway"] or payload["member"] != change["member"]:
            return False
        if not is_time(payload["expires"]) or change["time"] > payload["expires"]:
            return False
        holders = [s for s in signatures if s["by"] == "enrolment"]
        if len(holders) != 1 or holders[0]["alg"] != "Ed25519" or holders[0]["key"] != payload["secretHash"]:
            return False
        key, value = from_b64url(payload["secretHash"]), from_b64url(holders[0]["value"])
        message = utf8("wusla/change/v1\n" + canonical(change))
        return key is not None and value is not None and ed25519_verifies(key, message, value)

    # 7.8
    def key_bound(self, change, signatures):
        record, gateway = self.members.get(change["member"]), self.gateways.get(change["gateway"])
        if record is None or record["suspended"] or gateway is None or gateway["retired"]:
            return False
        if gateway["member"] != change["member"] or not self.is_free(change["publicKey"]):
            return False
        if not self.signed(change, signatures, self.by_member(change["member"])):
            return False
        self.bind(change, change["use"], change["publicKey"])
        return True

    def key_revoked(self, change, signatures):
        key = self.keys.get(change["key"])
        if key is None or key["member"] != change["member"] or key["end"] is not None:
            return False
        if change["time"] <= key["time"] or change["at"] > change["time"]:
            return False
        if not self.signed(change, signatures, self.member_or_registry(change["member"], signatures)):
            return False
        orderly = change["reason"] in ("superseded", "retired")
        self.end_keys(lambda other: other is key, change["time"], change["at"], orderly)
        return True

    # 7.9
    def gateway_retired(self, change, signatures):
        gateway = self.gateways.get(change["gateway"])
        if gateway is None or gateway["retired"] or change["time"] <= gateway["time"]:
            return False
        if not self.signed(change, signatures, self.member_or_registry(gateway["member"], signatures)):
            return False
        self.end_keys(lambda key: key["gateway"] == change["gateway"], change["time"], change["time"], True)
        gateway.update(retired=True, time=change["time"])
        return True

    # 7.10
    def branch_commissioned(self, change, signatures):
        branch, tls = change["branch"], change["tlsKey"]
        known = self.branches.get(branch)
        if known is not None and change["time"] <= known["time"]:
            return False
        witness = parse_vkey(change["witnessKey"])
        if witness is None or witness.kind != 4:
            return False
        keeps = known is not None and not known["retired"] and known["tlsKey"] == tls
        if not keeps and not self.is_free(tls):
            return False
        if not self.signed(change, signatures, self.by_registry(), (branch, only_key(from_b64url(tls)))):
            return False
        self.branch_keys.add(b64url(sha256(from_b64url(tls))))
        self.branches[branch] = {"retired": False, "time": change["time"], "tlsKey": tls}
        self.end_commission(branch, change["time"])
        begin = {"branch": branch, "host": change["host"], "key": witness, "from": time_ms(change["time"]), "until": None}
        self.commissions.append(begin)
        return True

    def end_commission(self, branch, time):
        for commission in self.commissions:
            if commission["branch"] == branch and commission["until"] is None:
                commission["until"] = time_ms(time)

    # 7.11
    def branch_retired(self, change, signatures):
        known = self.branches.get(change["branch"])
        if known is None or known["retired"] or change["time"] <= known["time"]:
            return False
        if not self.signed(change, signatures, self.by_registry()):
            return False
        known.update(retired=True, time=change["time"])
        self.end_commission(change["branch"], change["time"])
        return True

    def is_active_member(self, member):
        return member in self.members and not self.members[member]["suspended"]
