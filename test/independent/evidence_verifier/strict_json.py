"""JSON as evidence-file.md 3.1 and statement.md 1 restrict it, and its canonical form."""

import json
import re

from .encodings import MAX_SAFE


class BadJson(Exception):
    pass


def strict_object(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise BadJson()
    return dict(pairs)


def strict_number(text):
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise BadJson()
    return value


def refuse_constant(_):
    raise BadJson()


def depth_of(text):
    deepest = depth = 0
    for piece in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        if piece in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif piece in "]}":
            depth -= 1
    return deepest


def parse_json(text, max_depth):
    if text.startswith("\ufeff") or depth_of(text) > max_depth:
        raise BadJson()
    hooks = {"object_pairs_hook": strict_object, "parse_constant": refuse_constant}
    try:
        value = json.loads(text, parse_int=strict_number, parse_float=strict_number, **hooks)
    except (ValueError, RecursionError) as problem:
        raise BadJson() from problem
    refuse_surrogates(value)
    return value


def refuse_surrogates(value):
    if isinstance(value, str):
        if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
            raise BadJson()
    elif isinstance(value, dict):
        for name, member in value.items():
            refuse_surrogates(name)
            refuse_surrogates(member)
    elif isinstance(value, list):
        for item in value:
            refuse_surrogates(item)


def as_whole(value):
    """A whole number from 0 to 2^53 - 1, or None."""
    if isinstance(value, float) and value.is_integer() and 0 <= value <= MAX_SAFE:
        return int(value)
    return None


def canonical(value):
    """RFC 8785, for the values that occur here: numbers are whole or refused."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float):
        if not value.is_integer() or abs(value) > MAX_SAFE:
            raise BadJson()
        return str(int(value))
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be"))
    return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"


def parse_canonical(text):
    value = parse_json(text, 128)
    if canonical(value) != text:
        raise BadJson()
    return value
