#!/usr/bin/env python3
"""A second verifier of evidence files, written from docs/spec alone (evidence-file.md, statement.md, identifiers.md).

It shares no line with src/: where the two disagree, the specification is unclear or one of them is wrong. Standard
library only. It is a check of the specification and not meant to be fast.

    verify_evidence.py FILE --anchor ANCHOR [--request-body F] [--response-body F] [--directory F] [--acknowledgement FILE]
    verify_evidence.py --vectors test/conformance/evidence/vectors.json

Section numbers below are those of docs/spec/evidence-file.md unless another page is named.
"""

import argparse
import base64
import json
import re
import sys

from evidence_verifier.acknowledgement import judge
from evidence_verifier.steps import verify


def unfold(text, fragments):
    return re.sub(r"\{\{(\w+)\}\}", lambda match: fragments[match.group(1)], text)


def run_vectors(path):
    with open(path, encoding="utf-8") as stream:
        vectors = json.load(stream)
    fragments, differences = vectors["fragments"], 0
    for vector in vectors["vectors"]:
        body = {name: base64.b64decode(vector[name]) for name in ("requestBody", "responseBody") if name in vector}
        entries = vector.get("directoryEntries")
        result = verify(
            (" " * vector.get("padding", 0) + unfold(vector["file"], fragments)).encode("utf-8", "surrogatepass"),
            vectors["anchors"][vector["anchor"]],
            body.get("requestBody"),
            body.get("responseBody"),
            None if entries is None else [unfold(entry, fragments) for entry in entries],
        )
        answer = "ok" if result["ok"] else {"step": result["step"], "code": result["code"]}
        if answer != vector["expect"]:
            differences += 1
            print(f"{vector['name']}: {answer} instead of {vector['expect']}", file=sys.stderr)
    print(json.dumps({"vectors": len(vectors["vectors"]), "differences": differences}))
    return 1 if differences else 0


def read(path):
    if path is None:
        return None
    with open(path, "rb") as stream:
        return stream.read()


def with_acknowledgement(result, given):
    other = read(given.acknowledgement)
    proven = verify(other, json.loads(read(given.anchor)), None, None, None)
    if proven["ok"]:
        proven = judge(json.loads(read(given.file)), json.loads(other))
    return {**result, "ok": proven["ok"], "acknowledgement": proven}


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("file", nargs="?")
    options.add_argument("--anchor")
    options.add_argument("--request-body")
    options.add_argument("--response-body")
    options.add_argument("--directory", help="all entries of the directory, one a line")
    options.add_argument("--acknowledgement", help="evidence of the acknowledgement of the answer: section 10")
    options.add_argument("--vectors")
    given = options.parse_args()
    if given.vectors is not None:
        return run_vectors(given.vectors)
    if given.file is None or given.anchor is None:
        options.error("a file and its --anchor are needed")
    directory = read(given.directory)
    entries = None if directory is None else [line for line in directory.decode("utf-8").split("\n") if line]
    bodies = read(given.request_body), read(given.response_body)
    result = verify(read(given.file), json.loads(read(given.anchor)), *bodies, entries)
    if result["ok"] and given.acknowledgement is not None:
        result = with_acknowledgement(result, given)
    print(json.dumps(result, ensure_ascii=False))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
