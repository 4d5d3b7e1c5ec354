"""Verify an exported journal with nothing of ours: Python 3.9 or later and its standard library, this one file.

    python verify_journal.py JOURNAL [ANCHORS ...] [--key PUBLIC.pem]
JOURNAL is what `zhihai journal export` wrote; ANCHORS are files of anchors that you kept, oldest first. With --key, a
public key that you kept, the signatures of the anchors are checked too, by the program openssl (3.0 or later). Exit
code 0: every entry and every seal is as it was sealed; 1: something is wrong, and where. Meaning: docs/why/journal.md.
"""

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path


class Journal:
    def __init__(self, say):
        self.say, self.seals, self.head, self.cases = say, {}, "00" * 32, {}
        self.pending, self.place, self.sealed = [], (-1, -1, -1), (-1, -1)

    def entry(self, h, text):
        parts = text.split("\n")
        place, name = (int(parts[1]), int(parts[2]), int(parts[0])), f"entry {parts[0]}"
        if len(parts) != 15 or hashlib.sha256(text.encode()).hexdigest() != h:
            self.say(f"{name} was changed")
        if place <= self.place or place[:2] < self.sealed:
            self.say(f"{name} is out of order, or stands behind the seal it belongs to")
        case, seq, prev = parts[11:14]
        if case and (int(seq), prev) != self.cases.get(case, (1, "")):
            self.say(f"{name} does not follow in the chain of case {case}")
        self.cases[case] = (int(seq or 0) + 1, h)
        self.pending.append((place[:2], h))
        self.place = place

    def seal(self, no, era, x0, x1, n, root, prev, sealed_at, h):
        if no != len(self.seals) + 1 or prev != self.head:
            self.say(f"seal {no} does not follow seal {len(self.seals)}")
        text = "\n".join(map(str, (no, era, x0, x1, n, root, prev, sealed_at)))
        if hashlib.sha256(text.encode()).hexdigest() != h:
            self.say(f"seal {no} was changed")
        found = hashlib.sha256(b"".join(bytes.fromhex(one) for _, one in self.pending)).hexdigest()
        if len(self.pending) != n or found != root or any(not (era, x0) <= at < (era, x1) for at, _ in self.pending):
            self.say(f"seal {no} binds {n} entries, and these {len(self.pending)} are not they")
        self.seals[no], self.head, self.pending, self.sealed = h, h, [], (era, x1)


def check_anchors(files, seals, key, say):
    prev = None
    for line in (line for file in files for line in Path(file).read_bytes().splitlines()):
        one = json.loads(line)
        name = f"anchor of seal {one['seal']} at {one['at']}"
        if prev is not None and one["prev"] != prev:
            say(f"{name}: an anchor before it is missing or was changed")
        if seals.get(one["seal"]) != one["head"]:
            say(f"{name}: the seal is not what was anchored")
        said = "\n".join(str(one[part]) for part in ("district", "seal", "head", "at", "prev", "key") if part in one)
        if key and not signed(said.encode(), one["sign"], key):
            say(f"{name}: not signed with the key")
        if key and "key" in one:  # from here on another key signs, for which this one has just vouched
            der = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + base64.b64decode(one["key"]))
            key = b"-----BEGIN PUBLIC KEY-----\n" + der + b"\n-----END PUBLIC KEY-----\n"
        prev = hashlib.sha256(line).hexdigest()


def signed(said, sign, key):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("said", said), ("sign", base64.b64decode(sign)), ("key", key)):
            Path(folder, name).write_bytes(content)
        ask = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", "-inkey", "key", "-in", "said", "-sigfile", "sign"]
        return subprocess.run(ask, cwd=folder, capture_output=True, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journal")
    parser.add_argument("anchors", nargs="*")
    parser.add_argument("--key", type=Path)
    given, faults = parser.parse_args(), []
    journal = Journal(faults.append)
    with open(given.journal, encoding="utf-8") as lines:
        print("district", json.loads(next(lines))["district"])
        for number, line in enumerate(lines, start=2):
            try:
                kind, *told = json.loads(line)
                {"e": journal.entry, "s": journal.seal}[kind](*told)
            except (KeyError, IndexError, TypeError, ValueError):
                faults.append(f"line {number} can not be read")
    check_anchors(given.anchors, journal.seals, given.key and given.key.read_bytes(), faults.append)
    said = "compared, signatures " + ("checked" if given.key else "NOT checked")
    print(*faults, f"{len(journal.seals)} seals; entries not yet sealed: {len(journal.pending)}", sep="\n")
    print("anchors:", said if given.anchors else "NONE given, so a chain rewritten whole would pass")
    sys.exit(f"{len(faults)} faults" if faults else 0)


if __name__ == "__main__":
    main()
