"""Two verified files together: evidence-file.md, section 10."""

import json

from .encodings import Refused, digest256, is_digest256, need
from .identifiers import is_exchange

PREFIX = "/.wusla/acknowledgement/"


def words_of(file):
    answer = file["answer"]
    return {
        "request": json.loads(file["request"]["statement"]),
        "answer": None if answer is None else json.loads(answer["statement"]),
        "text": None if answer is None else answer["statement"],
    }


def named_in(request):
    """10.2: the name and the digest in the path, or nothing."""
    path = request["path"]
    if request["method"] != "PUT" or "query" in request or request["bodyBytes"] != 0 or not path.startswith(PREFIX):
        return None
    parts = path[len(PREFIX):].split("/")
    return parts if len(parts) == 2 and is_exchange(parts[0]) and is_digest256(parts[1]) else None


def judge(file, other):
    """What `other` shows about the answer in `file`; both are verified already."""
    about, said = words_of(file), words_of(other)
    try:
        need(about["answer"] is not None and "error" not in about["answer"], "no_answer")
        named = named_in(said["request"])
        need(named is not None, "not_an_acknowledgement")
        need(named[0] == about["request"]["exchange"], "other_exchange")
        need(named[1] == digest256(about["text"]), "other_answer")
        same = all(said["request"][name] == about["request"][name] for name in ("client", "service", "agreement"))
        need(same, "other_parties")
        answer = said["answer"]
        need(answer is not None and answer["status"] == 204 and "error" not in answer, "not_taken")
    except Refused as refused:
        return {"ok": False, "code": refused.code}
    return {"ok": True, "exchange": said["request"]["exchange"], "time": said["answer"]["time"]}
