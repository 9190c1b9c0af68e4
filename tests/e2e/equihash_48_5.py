"""Equihash(48,5) by the book, standard library only: what a stranger needs to mine a block of the regtest chain."""

import hashlib
import struct

N, K = 48, 5
COLLISION_BITS = N // (K + 1)
INDEX_BITS = COLLISION_BITS + 1
ROWS = 1 << INDEX_BITS
PER_CALL = 512 // N


def leaves(header, tag):
    person = tag + struct.pack("<II", N, K)
    start = hashlib.blake2b(header, digest_size=PER_CALL * N // 8, person=person)
    rows = []
    for call in range((ROWS + PER_CALL - 1) // PER_CALL):
        hashed = start.copy()
        hashed.update(struct.pack("<I", call))
        digest = hashed.digest()
        rows += [int.from_bytes(digest[i * N // 8 : (i + 1) * N // 8], "big") for i in range(PER_CALL)]
    return rows[:ROWS]


def solve(header, tag=b"ZcashPoW"):
    """Every solution of a 140-byte header, as lists of indices."""
    table = [(x, (i,)) for i, x in enumerate(leaves(header, tag))]
    for level in range(1, K + 1):
        shift = N - level * COLLISION_BITS if level < K else 0  # the last round needs all bits equal
        buckets = {}
        for x, indices in table:
            buckets.setdefault(x >> shift, []).append((x, indices))
        table = []
        for rows in buckets.values():
            for i, (x, left) in enumerate(rows):
                for y, right in rows[i + 1 :]:
                    if set(left) & set(right):
                        continue
                    table.append((x ^ y, left + right if left[0] < right[0] else right + left))
    return [list(indices) for x, indices in table if x == 0]


def minimal(indices):
    bits = 0
    for index in indices:
        bits = bits << INDEX_BITS | index
    return bits.to_bytes(len(indices) * INDEX_BITS // 8, "big")
