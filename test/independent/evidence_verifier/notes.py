"""Verifier keys, notes, checkpoints, cosignatures: evidence-file.md 2.3 to 2.6, 5.5, 5.8."""

import re
import unicodedata

from .curves import ed25519_verifies
from .encodings import DAY_MS, MAX_SAFE, from_b64, need, sha256, utf8


class VerifierKey:
    def __init__(self, name, kind, key):
        self.name, self.kind, self.key = name, kind, key
        self.id = sha256(utf8(name) + b"\n" + bytes([kind]) + key)[:4]


def parse_vkey(text):
    parts = text.split("+", 2) if isinstance(text, str) else []
    if len(parts) != 3:
        return None
    name, id_, data = parts[0], parts[1], from_b64(parts[2])
    if not name or any(c.isspace() or unicodedata.category(c)[0] == "Z" or unicodedata.category(c) == "Cc" for c in name):
        return None
    if data is None or len(data) != 33 or data[0] not in (1, 4):
        return None
    key = VerifierKey(name, data[0], data[1:])
    return key if key.id.hex() == id_ else None


class Checkpoint:
    def __init__(self, text, origin, size, root, lines):
        self.text, self.origin, self.size, self.root, self.lines = text, origin, size, root, lines


def parse_note(note):
    """The text and the signature lines (name, id, signature), or None."""
    if any(ord(c) < 0x20 and c != "\n" for c in note) or not note.endswith("\n"):
        return None
    split = note.rfind("\n\n")
    if split < 0:
        return None
    lines = []
    for line in note[split + 2 : -1].split("\n"):
        match = re.fullmatch("\u2014 ([^ ]+) ([^ ]+)", line)
        data = from_b64(match.group(2)) if match else None
        if data is None or len(data) < 5:
            return None
        if "+" in match.group(1) or any(c.isspace() or unicodedata.category(c)[0] == "Z" for c in match.group(1)):
            return None
        lines.append((match.group(1), data[:4], data[4:]))
    return (note[: split + 1], lines) if len(lines) <= 100 else None


def parse_checkpoint(note):
    parsed = parse_note(note)
    if parsed is None:
        return None
    text, lines = parsed
    parts = text[:-1].split("\n")
    if len(parts) != 3 or not parts[0] or not re.fullmatch("0|[1-9][0-9]*", parts[1]):
        return None
    root = from_b64(parts[2])
    if root is None or len(root) != 32 or int(parts[1]) > MAX_SAFE:
        return None
    return Checkpoint(text, parts[0], int(parts[1]), root, lines)


def check_checkpoint(note, origin, log):
    """5.5: the checkpoint, with the lines of everybody but the log."""
    checkpoint = parse_checkpoint(note)
    need(checkpoint is not None, "invalid_checkpoint")
    need(checkpoint.origin == origin, "other_log")
    names = [(name, id_) for name, id_, _ in checkpoint.lines]
    need(len(set(names)) == len(names), "duplicate_signature")
    own = [line for line in checkpoint.lines if line[:2] == (log.name, log.id)]
    need(own and ed25519_verifies(log.key, utf8(checkpoint.text), own[0][2]), "invalid_signature")
    checkpoint.lines = [line for line in checkpoint.lines if line[:2] != (log.name, log.id)]
    return checkpoint


def check_witnesses(checkpoint, replay):
    """5.8: (host, time in ms) of each cosignature."""
    seen = []
    for name, id_, signature in checkpoint.lines:
        commissions = [c for c in replay.commissions if (c["key"].name, c["key"].id) == (name, id_)]
        need(commissions, "unknown_witness")
        need(len(signature) == 72, "invalid_signature")
        seconds = int.from_bytes(signature[:8], "big")
        message = utf8(f"cosignature/v1\ntime {seconds}\n{checkpoint.text}")
        key = commissions[0]["key"].key
        need(seconds <= MAX_SAFE and ed25519_verifies(key, message, signature[8:]), "invalid_signature")
        need(0 < seconds <= 253_402_300_799, "invalid_checkpoint")
        at = seconds * 1000
        in_office = [
            c for c in commissions if at >= c["from"] - DAY_MS and (c["until"] is None or at < c["until"])
        ]
        need(in_office, "out_of_office")
        seen.append((in_office[0]["host"], at))
    return seen
