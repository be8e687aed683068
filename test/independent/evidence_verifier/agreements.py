"""Agreements and who may sign them: evidence-file.md 7.12 to 7.15."""

from .changes import CLASSES, is_mandate_id
from .encodings import is_digest256, is_time
from .key_ring import KeyRing
from .statements import has_members


class Agreements(KeyRing):
    def __init__(self, registry):
        super().__init__(registry)
        self.agreements = {}
        self.mandates = {}
        self.policy_time = None

    # 7.12
    def agreement_effective(self, change, signatures):
        agreement, parties = change["agreement"], change["parties"]
        if not all(self.is_active_member(party) for party in parties):
            return False
        if change["validFrom"] >= change["validUntil"] or agreement in self.agreements:
            return False
        if not self.names_mandates(change, parties) or not self.may_supersede(change, parties):
            return False
        if not self.signed(change, signatures, self.by_registry()):
            return False
        sealed = []
        for place, (party, acceptance) in enumerate(zip(parties, change["acceptances"])):
            words = self.jws(acceptance, "wusla-acceptance+jws", party)
            if not is_acceptance(words):
                return False
            if (words["agreement"], words["member"]) != (agreement, party):
                return False
            if "signedUnder" in change and words.get("mandates") != change["signedUnder"][place]:
                return False
            sealed.append(words.get("document"))
        if "document" in change and change["document"] not in sealed:
            return False
        self.agreements[agreement] = {"parties": parties, "changes": [], "superseded": None}
        if "supersedes" in change:
            self.agreements[change["supersedes"]]["superseded"] = change["validFrom"]
        return True

    def names_mandates(self, change, parties):
        if "signedUnder" not in change:
            return self.policy_time is None
        return all(
            mandate in self.mandates and self.mandates[mandate]["member"] == party
            for party, mandates in zip(parties, change["signedUnder"])
            for mandate in mandates
        )

    def may_supersede(self, change, parties):
        if "supersedes" not in change:
            return True
        record = self.agreements.get(change["supersedes"])
        if record is None or record["superseded"] is not None or set(record["parties"]) != set(parties):
            return False
        return all(kind != "agreement_revoked" for _, kind, _ in record["changes"])

    # 7.13
    def agreement_suspended(self, change, signatures):
        return self.agreement_standing(change, signatures)

    def agreement_resumed(self, change, signatures):
        return self.agreement_standing(change, signatures)

    def agreement_revoked(self, change, signatures):
        return self.agreement_standing(change, signatures)

    def agreement_standing(self, change, signatures):
        record, party = self.agreements.get(change["agreement"]), change["party"]
        if record is None or party not in record["parties"]:
            return False
        kinds = [kind for _, kind, _ in record["changes"]]
        mine = [c for c in record["changes"] if c[0] == party]
        if "agreement_revoked" in kinds or mine and change["time"] <= mine[-1][2]:
            return False
        is_suspended = bool(mine) and mine[-1][1] == "agreement_suspended"
        if change["kind"] == "agreement_suspended" and is_suspended:
            return False
        if change["kind"] == "agreement_resumed" and not (is_suspended and self.is_active_member(party)):
            return False
        if not self.signed(change, signatures, self.by_member(party)):
            return False
        record["changes"].append((party, change["kind"], change["time"]))
        return True

    # 7.14
    def signing_policy_set(self, change, signatures):
        if self.policy_time is not None and change["time"] <= self.policy_time:
            return False
        if not self.signed(change, signatures, self.by_registry()):
            return False
        self.policy_time = change["time"]
        return True

    # 7.15
    def mandate_granted(self, change, signatures):
        member, mandate = change["member"], change["mandate"]
        if not self.is_active_member(member) or mandate in self.mandates:
            return False
        if change["validFrom"] >= change["validUntil"]:
            return False
        if "delegatedFrom" in change and not self.is_part(change):
            return False
        if not self.signed(change, signatures, self.by_member(member)):
            return False
        self.mandates[mandate] = {**change, "ended": False}
        return True

    def is_part(self, part):
        wholes, above = [], part
        while "delegatedFrom" in above:
            above = self.mandates.get(above["delegatedFrom"])
            if above is None:
                return False
            wholes.append(above)
        whole = wholes[0]
        if len(wholes) > 3 or any(each["ended"] for each in wholes):
            return False
        if whole["member"] != part["member"] or "delegable" not in whole:
            return False
        if not set(part["kinds"]) <= set(whole["kinds"]):
            return False
        if CLASSES.index(part["dataClassUpTo"]) > CLASSES.index(whole["dataClassUpTo"]):
            return False
        no_ceiling = float("inf")
        if part.get("ceilingAed", no_ceiling) > whole.get("ceilingAed", no_ceiling):
            return False
        if part["validFrom"] < whole["validFrom"] or part["validUntil"] > whole["validUntil"]:
            return False
        return "fourEyes" in part or "fourEyes" not in whole

    def mandate_ended(self, change, signatures):
        record = self.mandates.get(change["mandate"])
        if record is None or record["member"] != change["member"] or record["ended"]:
            return False
        if change["time"] <= record["time"] or not self.signed(change, signatures, self.by_member(change["member"])):
            return False
        record["ended"] = True
        return True


def is_acceptance(words):
    always = {"act", "agreement", "member", "time"}
    if not has_members(words, always, {"document", "mandates"}) or not is_time(words["time"]):
        return False
    if ("document" in words) != ("mandates" in words) or words["act"] != "accept":
        return False
    if "document" not in words:
        return True
    mandates = words["mandates"]
    if not isinstance(mandates, list) or not 1 <= len(mandates) <= 2 or not all(map(is_mandate_id, mandates)):
        return False
    return is_digest256(words["document"]) and len(set(mandates)) == len(mandates)
