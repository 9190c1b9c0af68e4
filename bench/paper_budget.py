#!/usr/bin/env python3
"""bench/paper_budget.py [N,K[:BITS] …]: what each GPU kernel should cost, as a Markdown table, from the rows of
kernels/cuda/policies.hpp; with 2^BITS buckets in every table instead of theirs. Nothing here is measured: rates
marked * are guesses that scripts/gpu-check answers (E1), instructions are a count of phases by hand. A launch takes as
long as its scarcest resource, times 1.1, plus 3 us. With two batches under way the scarcest resource of all kernels
together is what bounds a nonce."""

import math
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# bytes/s of memory (0.9 of the data sheet), L2 sectors/s*, warp-lane instructions/s, ALU operations/s, bytes/s of
# shared memory, global atomics/s*
CARDS = {
    "H200": ("roomy", 4.3e12, 172e9, 132 * 128 * 1.83e9 * 0.75, 132 * 64 * 1.83e9 * 0.85, 132 * 128 * 1.83e9, 160e9),
    "RTX 4090": ("narrow", 0.93e12, 156e9, 128 * 128 * 2.52e9 * 0.75, 128 * 64 * 2.52e9 * 0.85, 128 * 128 * 2.52e9, 150e9),
}
SOLUTIONS = 1.88  # of a nonce, about, in every set
HASH_ISSUE, HASH_ALU = 2080, 1600  # a BLAKE2b call, and with it the scatter of its rows


def rows_of(text):
    for n, k, name, bits, dropped, scatter, lanes, residents, calls, batch in re.findall(
            r"\{(\d+), (\d+), Architecture::(\w+), \{([\d, ]+)\}, (\d+), Scatter::(\w+), (\d+), (\d+), (\d+), (\d+)\}",
            text.split("kTrials")[0]):
        bits = [int(bit) for bit in bits.split(",")]
        yield dict(n=int(n), k=int(k), name=name, bits=bits + bits[-1:] * 9, dropped=int(dropped), scatter=scatter,
                   calls=int(calls))


def sectors(pieces, run):
    """32-byte sectors of L2 written for one row: its pieces go out in runs of `run` neighbours."""
    return sum((1 + (run - 1) * piece / 32) / run for piece in pieces)


def pieces_of(words):
    return [piece * 4 for piece in (4, 2, 1) if words & piece]


def slices_of(row, table):
    """Launches of the round that reads `table`: as many as references of 32 bits ask for (layout_plan.hpp)."""
    width = row["n"] // (row["k"] + 1) + 1
    buckets = 2 ** row["bits"][table]
    mean = 2 ** width / buckets
    drift = 1.15 * 2 ** (table - 1) / 2 ** (width / 2) if table else 0
    slots = mean + 5.7 * math.sqrt(mean) + (2.5 * drift * mean if drift > 0.019 else 0)
    return math.ceil(buckets / (2 ** 32 // int(slots * (slots - 1) / 2)))


def kernels_of(row):
    n, k = row["n"], row["k"]
    cb = n // (k + 1)
    rows = 2 ** (cb + 1)
    words = [math.ceil((n - row["dropped"] - cb * r - row["bits"][r]) / 32) for r in range(k)]
    for r in range(k + 1):
        out = r < k
        read = 0 if r == 0 else 4 * words[r - 1]
        new = pieces_of(words[r]) if out else []
        ref = 4 if out else 0
        launches = slices_of(row, r - 1) if out and r > 0 else 1
        targets = 2 ** row["bits"][r] if out else 1
        per_block = row["calls"] * (512 // n) if r == 0 else rows / 2 ** row["bits"][r - 1]
        if not out:
            atomics, run = 0, 1
        elif row["scatter"] == "direct":
            atomics, run = rows, 1
        else:
            filled = targets * (1 - math.exp(-per_block / targets))
            atomics = rows / per_block * filled
            run = per_block / filled if row["scatter"] == "ordered" else 1
        hashes = rows / (512 // n) if r == 0 else 0
        body = rows * (92 + 5.5 * (words[r - 1] if r else 0)) if r and out else rows * 30 if r else 0
        alu = rows * (43 + 2 * words[r - 1]) if r and out else rows * 15 if r else 0
        yield dict(name="hash" if r == 0 else f"round {r}" if out else "last",
                   bytes=rows * (read + sum(new) + ref),
                   l2=rows * read / 32 + rows * sectors(new + [ref], run)
                   if out else rows * read / 32,
                   atomics=atomics, issue=hashes * HASH_ISSUE + body, alu=hashes * HASH_ALU + alu,
                   launches=launches, shared=2 * rows * (30 + 4 * read) if r else 2 * rows * (8 + 8 * words[0]))


def time_of(kernel, card):
    _, memory, l2, issue, alu, shared, atomics = card
    parts = {"memory": kernel["bytes"] / memory, "L2": kernel["l2"] / l2, "issue": kernel["issue"] / issue,
             "ALU": kernel["alu"] / alu, "shared": kernel["shared"] / shared, "atomics": kernel["atomics"] / atomics}
    worst = max(parts, key=parts.get)
    return parts[worst] * 1.1 + 3e-6 * kernel["launches"], worst


def bound_of(kernels, card):
    """Seconds of a nonce, were everything but the scarcest resource free."""
    total = {name: sum(kernel[name] for kernel in kernels)
             for name in ("bytes", "l2", "issue", "alu", "shared", "atomics")}
    return time_of(dict(total, launches=0), card)


def main():
    wanted = [tuple(map(int, re.split("[,:]", word))) for word in sys.argv[1:]]
    table = list(rows_of((ROOT / "kernels/cuda/policies.hpp").read_text()))
    for n, k, *bits in wanted or [(200, 9)]:
        columns = {}
        for card, numbers in CARDS.items():
            row = next(one for one in table if (one["n"], one["k"], one["name"]) == (n, k, numbers[0]))
            row = dict(row, bits=bits * 10) if bits else row
            columns[card] = (list(kernels_of(row)), numbers, row)
        print(f"({n},{k})" + "".join(f"; {card}: {c[2]['name']}, 2^{c[2]['bits'][0]} buckets, {c[2]['scatter']}"
                                    for card, c in columns.items()))
        print()
        print("| kernel | launches | MB | G instructions |" + "".join(f" {card}: M atomics | us, limit |" for card in columns))
        print("|---|---|---|---|" + "---|---|" * len(columns))
        first = next(iter(columns.values()))[0]
        total = {card: 0.0 for card in columns}
        for i, kernel in enumerate(first):
            launches = " / ".join(str(c[0][i]["launches"]) for c in columns.values())
            line = f"| {kernel['name']} | {launches} | {kernel['bytes'] / 1e6:.0f} | {kernel['issue'] / 1e9:.2f} |"
            for card, (kernels, numbers, _) in columns.items():
                seconds, limit = time_of(kernels[i], numbers)
                total[card] += seconds
                line += f" {kernels[i]['atomics'] / 1e6:.2f} | {seconds * 1e6:.0f} {limit} |"
            print(line)
        print(f"| sum | | {sum(x['bytes'] for x in first) / 1e6:.0f} | {sum(x['issue'] for x in first) / 1e9:.2f} |" +
              "".join(f" {sum(x['atomics'] for x in c[0]) / 1e6:.1f} | {total[card] * 1e6:.0f} → {SOLUTIONS / total[card]:.0f} Sol/s |"
                      for card, c in columns.items()))
        bounds = [bound_of(kernels, numbers) for kernels, numbers, _ in columns.values()]
        print("| bound, two under way | | | |" +
              "".join(f" | {s * 1e6:.0f} {limit} → {SOLUTIONS / s:.0f} Sol/s |" for s, limit in bounds))
        print()


if __name__ == "__main__":
    main()
