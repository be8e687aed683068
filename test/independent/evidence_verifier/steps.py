"""The steps of a verification: evidence-file.md 5 and 6."""

import hashlib
import json

from .curves import p256_point
from .encodings import DAY_MS, Refused, b64url, digest256, from_b64url, need, time_ms
from .strict_json import BadJson, as_whole, canonical, parse_json
from .identifiers import member_of, network_of
from .merkle import is_included, leaf, tree_root
from .notes import check_checkpoint, check_witnesses, parse_vkey
from .statements import (
    ANSWER_ALWAYS,
    ANSWER_MAYBE,
    REQUEST_ALWAYS,
    REQUEST_MAYBE,
    check_batch,
    check_ledger_inclusion,
    check_seal_keys,
    check_seals,
    is_answer,
    is_request,
    read_statement,
)
from .replay import Replay
from .file_form import is_file


def parse(data):
    need(len(data) <= 8_388_608, "too_large")
    try:
        return parse_json(data.decode("utf-8"), 8)
    except (BadJson, UnicodeDecodeError):
        raise Refused("invalid_json") from None


def check_anchor(anchor, file):
    log = parse_vkey(anchor["logKey"])
    good = log is not None and log.kind == 1 and log.name == f"wusla/{anchor['network']}/directory"
    registry = from_b64url(anchor["registryKey"])
    need(good and registry is not None and p256_point(registry) is not None, "invalid_anchor")
    need(file["network"] == anchor["network"], "other_network")


def check_directory_inclusion(file, checkpoint):
    last = -1
    for item in file["directory"]["entries"]:
        need(item["index"] > last, "out_of_order")
        last = item["index"]
        need(is_included(item["entry"], last, checkpoint.size, item["proof"], checkpoint.root), "not_included")


def replay_file(file, anchor):
    replay = Replay(anchor)
    entries = file["directory"]["entries"]
    need(entries[0]["index"] == 0 and replay.apply(entries[0]["entry"]), "contradicts_anchor")
    for item in entries[1:]:
        need(replay.apply(item["entry"]), "no_effect")
    return replay


def is_about(text, request, replay):
    """5.10: which of the complete entries are judged."""
    members = (member_of(request["client"]), member_of(request["service"]))
    try:
        change = json.loads(text)["change"]
        if change.get("kind") in ("branch_commissioned", "branch_retired", "signing_policy_set"):
            return True
        agreement, parties = change.get("agreement"), change.get("parties")
        if isinstance(agreement, str):
            of_both = isinstance(parties, list) and all(member in parties for member in members)
            return agreement == request["agreement"] or agreement in replay.agreements or of_both
        subject = change.get("member")
        if not isinstance(subject, str):
            subject = change["gateway"]
        return member_of(subject) in members
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def replay_complete(entries, anchor, checkpoint, request):
    replay = Replay(anchor)
    for at, text in enumerate(entries):
        if at == 0:
            need(replay.apply(text), "contradicts_anchor")
        elif is_about(text, request, replay):
            replay.apply(text)
    need(len(entries) >= checkpoint.size, "other_directory")
    need(tree_root([leaf(text) for text in entries[: checkpoint.size]]) == checkpoint.root, "other_directory")
    return replay


def read_request(file):
    request = read_statement(file["request"]["statement"], REQUEST_ALWAYS, REQUEST_MAYBE, is_request)
    need(request["exchange"] == file["exchange"], "other_exchange")
    need(network_of(request["client"]) == file["network"], "other_network")
    need(network_of(request["service"]) == file["network"], "other_network")
    return request


def read_answer(file):
    answer = read_statement(file["answer"]["statement"], ANSWER_ALWAYS, ANSWER_MAYBE, is_answer)
    need(answer["exchange"] == file["exchange"], "other_exchange")
    return answer


def check_members(file, replay, request, header):
    for id_, gateway in ((request["client"], header["from"]), (request["service"], header["to"])):
        member = member_of(id_)
        need(member in replay.members, "unknown_member")
        need(member_of(gateway) == member, "other_gateway")
        need(gateway in replay.gateways, "unknown_gateway")
    need(file["holder"] in (header["from"], header["to"]), "other_holder")


def check_binding(file, request, answer):
    opening = canonical({name: value for name, value in request.items() if name not in ("body", "bodyBytes")})
    need(answer["request"] in (digest256(file["request"]["statement"]), digest256(opening)), "other_request")


def check_answer_batch(file, request_header):
    header = check_batch(file, file["answer"], "answers")
    back = (header["session"], header["from"], header["to"])
    need(back == (request_header["session"], request_header["to"], request_header["from"]), "other_session")
    return header


def check_ledger_checkpoint(file, replay):
    ledger = file["ledger"]
    need(ledger["origin"] == "wusla/" + file["holder"], "other_log")
    gateway = replay.gateways.get(file["holder"])
    need(gateway is not None and ledger["key"] in gateway["ledgerKeys"], "unknown_key")
    return check_checkpoint(ledger["checkpoint"], ledger["origin"], parse_vkey(ledger["key"]))


def check_key_time(keys, statement, witnesses, members):
    """Section 6; gives what is to be said about the keys."""
    at = time_ms(statement["time"])
    told = "active"
    for key in keys:
        need(at >= time_ms(key["time"]) - DAY_MS, "bound_later")
        need(all(at <= seen + DAY_MS for _, seen in witnesses), "time_contradiction")
        end = key["end"]
        if end is None:
            continue
        until = time_ms(end["time"])
        witnessed = any(seen < until and host not in members for host, seen in witnesses)
        need(witnessed or (end["orderly"] and at < until), "key_revoked")
        told = "disputed" if at >= time_ms(end["unsafeSince"]) else "revoked_later"
    return told


def check_agreement(replay, request, answer):
    if request["agreement"] == "open":
        return
    agreement = replay.agreements.get(request["agreement"])
    if agreement is None:
        need(answer is not None and "error" in answer, "agreement_missing")
        return
    members = (member_of(request["client"]), member_of(request["service"]))
    need(all(member in agreement["parties"] for member in members), "other_parties")


def check_body(body, statement):
    if body is None:
        return
    need(statement is not None, "no_answer")
    need(len(body) == as_whole(statement["bodyBytes"]), "body_differs")
    need(not body or b64url(hashlib.sha512(body).digest()) == statement["body"], "body_differs")


def verify(data, anchor, request_body=None, response_body=None, directory=None):
    """A dictionary with ok and facts, or step and code."""
    running = ["parse"]

    def step(name, check, *arguments):
        running[0] = name
        return check(*arguments)

    try:
        return {"ok": True, **verify_steps(step, data, anchor, request_body, response_body, directory)}
    except Refused as refused:
        return {"ok": False, "step": running[0], "code": refused.code}


def verify_steps(step, data, anchor, request_body, response_body, directory):
    file = step("parse", parse, data)
    step("format", need, is_file(file), "invalid_field")
    whole_numbers(file)
    step("anchor", check_anchor, anchor, file)
    log, origin = parse_vkey(anchor["logKey"]), f"wusla/{anchor['network']}/directory"
    tree = step("directory-checkpoint", check_checkpoint, file["directory"]["checkpoint"], origin, log)
    step("directory-inclusion", check_directory_inclusion, file, tree)
    replay = step("directory-rules", replay_file, file, anchor)
    step("directory-witnesses", check_witnesses, tree, replay)
    request = step("request-statement", read_request, file)
    if directory is not None:
        replay = step("directory-complete", replay_complete, directory, anchor, tree, request)

    header = step("request-batch-proof", check_batch, file, file["request"], "requests")
    step("members", check_members, file, replay, request, header)
    keys = step("request-key", check_seal_keys, file["request"], replay, header["from"])
    step("request-seal", check_seals, file["request"], replay)

    answer = answer_header = answer_keys = None
    if file["answer"] is not None:
        answer = step("answer-statement", read_answer, file)
        step("answer-binds-request", check_binding, file, request, answer)
        answer_header = step("answer-batch-proof", check_answer_batch, file, header)
        answer_keys = step("answer-key", check_seal_keys, file["answer"], replay, answer_header["from"])
        step("answer-seal", check_seals, file["answer"], replay)

    ledger = step("ledger-checkpoint", check_ledger_checkpoint, file, replay)
    witnesses = step("ledger-witnesses", check_witnesses, ledger, replay)
    step("request-ledger-inclusion", check_ledger_inclusion, file, file["request"], header, ledger)
    if answer is not None:
        step("answer-ledger-inclusion", check_ledger_inclusion, file, file["answer"], answer_header, ledger)
    members = (member_of(request["client"]), member_of(request["service"]))
    told = step("request-key-time", check_key_time, keys, request, witnesses, members)
    if answer is not None:
        step("answer-key-time", check_key_time, answer_keys, answer, witnesses, members)
    step("agreement", check_agreement, replay, request, answer)
    step("body-request", check_body, request_body, request)
    step("body-response", check_body, response_body, answer)
    return {
        "exchange": file["exchange"],
        "holder": file["holder"],
        "consumer": members[0],
        "provider": members[1],
        "service": request["service"],
        "time": request["time"],
        "status": None if answer is None else as_whole(answer["status"]),
        "consumerKey": told,
    }


def whole_numbers(file):
    """After the form is known: numbers as whole numbers."""
    for half in (file["request"], file["answer"]):
        if half is not None:
            half["index"], half["ledger"]["index"] = as_whole(half["index"]), as_whole(half["ledger"]["index"])
    for item in file["directory"]["entries"]:
        item["index"] = as_whole(item["index"])
