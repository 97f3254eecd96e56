#!/usr/bin/env python3
"""Finds temporaries that gcc 12 destroys twice in co_await expressions.

docs/coroutines.md says why. Looks at tracked C++ files, or at those named on
the command line; prints each finding; exits 1 if there is any. It reads text,
not C++: captures by copy of names that are known to be trivial may be marked
with a comment holding "trivial capture" on the same line.
"""

import re
import subprocess
import sys

# Aggregates whose members are all trivial, or views. Without a name, the one
# that begins with a deadline is a CallOptions too.
TRIVIAL_AGGREGATES = {"CallOptions", "rpc::CallOptions"}
CLOSING = {"(": ")", "[": "]", "{": "}"}


def operand(text, start):
    """The text from `start` to the end of its statement at depth 0."""
    depth, i = 0, start
    while i < len(text):
        c = text[i]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth < 0:
                break
        elif c == ";" and depth == 0:
            break
        elif c == '"':
            i += 1
            while i < len(text) and text[i] != '"':
                i += 2 if text[i] == "\\" else 1
        i += 1
    return text[start:i]


def blank_bodies(text):
    """Closures' bodies and calls in them are other expressions: cut them."""
    out, i = [], 0
    for m in re.finditer(r"(\)|\]|mutable|>|&|\w)\s*\{\n", text):
        if m.start() < i:
            continue
        depth, j = 0, m.end() - 2
        while j < len(text):
            if text[j] == "{":
                depth += 1
            elif text[j] == "}":
                depth -= 1
                if depth == 0:
                    break
            j += 1
        body_begin = m.end() - 1
        # Designated initializers over several lines are no body.
        if text[body_begin:].lstrip().startswith("."):
            continue
        out.append(text[i:body_begin])
        i = j
    out.append(text[i:])
    return "".join(out)


def findings(expression):
    for m in re.finditer(r"(?<![\w\])])\[([^\[\]]*)\]\s*[({]", expression):
        for capture in filter(None, map(str.strip, m.group(1).split(","))):
            if capture in ("this", "&") or capture.startswith("&"):
                continue
            yield f"capture '{capture}' by copy in a co_await"
    for m in re.finditer(r"([\w:]*)\s*\{\s*\.(\w+) =", expression):
        if m.group(1) not in TRIVIAL_AGGREGATES and m.group(2) != "deadline":
            yield f"aggregate '{m.group(1)}{{.' made in a co_await"


def check(path):
    with open(path, encoding="utf-8") as file:
        source = file.read()
    text = re.sub(r"//(?!.*trivial capture)[^\n]*", "", source)
    count = 0
    for m in re.finditer(r"\bco_await\s", text):
        line = text.count("\n", 0, m.start()) + 1
        expression = blank_bodies(operand(text, m.end()))
        if "trivial capture" in expression:
            continue
        for what in findings(expression):
            print(f"{path}:{line}: {what}")
            count += 1
    return count


def main():
    paths = sys.argv[1:] or subprocess.run(
        ["git", "ls-files", "*.cc", "*.h"], check=True, capture_output=True,
        text=True).stdout.split()
    if sum(map(check, paths)):
        print("see docs/coroutines.md: give it a name first")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
