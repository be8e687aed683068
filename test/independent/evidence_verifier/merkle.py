"""Merkle trees: evidence-file.md 2.2."""

from .encodings import from_b64url, sha256, utf8


def leaf(text):
    return sha256(b"\0" + utf8(text))


def node(left, right):
    return sha256(b"\1" + left + right)


def is_included(text, index, size, proof, root):
    if index >= size:
        return False
    fn, sn, result = index, size - 1, leaf(text)
    for sibling in (from_b64url(hash_) for hash_ in proof):
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            result = node(sibling, result)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            result = node(result, sibling)
        fn >>= 1
        sn >>= 1
    return sn == 0 and result == root


def tree_root(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node(tree_root(leaves[:k]), tree_root(leaves[k:]))
