"""Chinese sentences take Chinese punctuation (GB/T 15834-2011): full width, no space after it.

Run ``python -m tools.punctuation`` to set it in the ``zh`` sentences of every words file and of the plan's register.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.lint import ROOT

HAN = r"\u3400-\u9fff"
WIDE = str.maketrans(",:;?!", "，：；？！")
NEAR = rf"{HAN}\u3001\u3002\uff0c\uff1a\uff1b\uff1f\uff01\uff08\uff09“”‘’《》"
MARK = re.compile(rf"(?<=[{NEAR}])[,:;?!] ?(?!//)|(?<=[^\s\d])[,;?!] ?(?=[{NEAR}])")
BRACKETS = re.compile(rf"(?P<before>[{HAN}]?)\((?P<inner>[^()]*)\)(?P<after>[{HAN}]?)")
UNTOUCHED = re.compile(r"\w+(?:\+\w+)?://[^\s。；，;,]*|`[^`]*`|\{[^{}]*\}")
SENTENCE = re.compile(r'(?P<head>\bzh = ")(?P<text>(?:[^"\\]|\\.)*)(?P<tail>")')


def chinese(text: str) -> str:
    """Return a Chinese sentence with its punctuation in full width; addresses, code and places stay as they are."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found.group())
        return chr(0xE000 + len(kept) - 1)

    hidden = UNTOUCHED.sub(keep, text)
    if re.search(f"[{HAN}]", hidden):
        hidden = BRACKETS.sub(_bracket, hidden)
        hidden = MARK.sub(lambda found: found.group().strip().translate(WIDE), hidden)
    return re.sub("[\ue000-\uf8ff]", lambda found: kept[ord(found.group()) - 0xE000], hidden)


def _bracket(found: re.Match[str]) -> str:
    if found["before"] or found["after"] or re.search(f"[{HAN}]", found["inner"]):
        return f"{found['before']}（{found['inner']}）{found['after']}"
    return found.group()


def mend(text: str) -> str:
    """Return the text of a TOML file with the punctuation of all its ``zh`` sentences set."""
    return SENTENCE.sub(lambda found: found["head"] + chinese(found["text"]) + found["tail"], text)


def files() -> list[Path]:
    """Return the files that hold sentences."""
    source = ROOT / "src" / "zhihai"
    return sorted([*source.rglob("words.toml"), source / "site" / "clauses.toml"])


def main() -> int:
    """Mend every file that needs it; print which."""
    for path in files():
        text = path.read_text(encoding="utf-8")
        if (mended := mend(text)) != text:
            path.write_text(mended, encoding="utf-8")
            print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
