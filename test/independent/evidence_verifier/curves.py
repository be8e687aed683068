"""Signatures: ECDSA P-256 and Ed25519, slowly and plainly."""

import functools
import hashlib

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def p256_double(a):
    x, y, z = a
    if not y:
        return (0, 1, 0)
    s = 4 * x * y * y % P
    m = 3 * (x - z * z) * (x + z * z) % P
    x2 = (m * m - 2 * s) % P
    return (x2, (m * (s - x2) - 8 * pow(y, 4, P)) % P, 2 * y * z % P)


def p256_add(a, b):
    if not a[2]:
        return b
    if not b[2]:
        return a
    z1, z2 = a[2] * a[2] % P, b[2] * b[2] % P
    u1, u2 = a[0] * z2 % P, b[0] * z1 % P
    s1, s2 = a[1] * z2 * b[2] % P, b[1] * z1 * a[2] % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if not h:
        return p256_double(a) if not r else (0, 1, 0)
    h2, h3 = h * h % P, h * h * h % P
    x = (r * r - h3 - 2 * u1 * h2) % P
    return (x, (r * (u1 * h2 - x) - s1 * h3) % P, h * a[2] * b[2] % P)


def p256_multiply(k, point):
    result, addend = (0, 1, 0), (point[0], point[1], 1)
    while k:
        if k & 1:
            result = p256_add(result, addend)
        addend = p256_double(addend)
        k >>= 1
    return result


def p256_point(spki):
    """The point of a SubjectPublicKeyInfo in its one form (7.2), or None."""
    if len(spki) != 91 or not spki.startswith(SPKI) or spki[26] != 4:
        return None
    x, y = int.from_bytes(spki[27:59], "big"), int.from_bytes(spki[59:], "big")
    on_curve = x < P and y < P and (y * y - (x * x * x - 3 * x + B)) % P == 0
    return (x, y) if on_curve else None


@functools.lru_cache(maxsize=None)
def es256_verifies(spki, message, signature):
    point = p256_point(spki)
    if point is None or len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < N and 0 < s < N):
        return False
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    w = pow(s, -1, N)
    x, _, z = p256_add(p256_multiply(e * w % N, G), p256_multiply(r * w % N, point))
    return bool(z) and x * pow(z, -2, P) % P % N == r


Q = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, Q) % Q
ROOT_OF_MINUS_ONE = pow(2, (Q - 1) // 4, Q)


def ed_add(a, b):
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % Q, (a[1] + a[0]) * (b[1] + b[0]) % Q
    t, z = 2 * a[3] * b[3] * D % Q, 2 * a[2] * b[2] % Q
    e, f, g, h = n - m, z - t, z + t, n + m
    return (e * f % Q, g * h % Q, f * g % Q, e * h % Q)


def ed_multiply(k, point):
    result = (0, 1, 1, 0)
    while k:
        if k & 1:
            result = ed_add(result, point)
        point = ed_add(point, point)
        k >>= 1
    return result


def ed_decode(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, Q) % Q
    x = pow(x2, (Q + 3) // 8, Q)
    if (x * x - x2) % Q:
        x = x * ROOT_OF_MINUS_ONE % Q
    if (x * x - x2) % Q or (not x and sign):
        return None
    if x & 1 != sign:
        x = Q - x
    return (x, y % Q, 1, x * y % Q)


def ed_encode(point):
    inverse = pow(point[2], -1, Q)
    x, y = point[0] * inverse % Q, point[1] * inverse % Q
    return (y | (x & 1) << 255).to_bytes(32, "little")


ED_BASE = ed_decode(bytes([0x58] + [0x66] * 31))


@functools.lru_cache(maxsize=None)
def ed25519_verifies(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    a, s = ed_decode(key), int.from_bytes(signature[32:], "little")
    if a is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    minus_a = (Q - a[0], a[1], a[2], Q - a[3])
    return ed_encode(ed_add(ed_multiply(s, ED_BASE), ed_multiply(k, minus_a))) == signature[:32]
