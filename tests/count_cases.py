#!/usr/bin/env python3
"""Counts the single test cases of one `bazel test`.

usage: count_cases.py EVENTS

EVENTS is what --build_event_text_file wrote; it names the test.xml of every
test. Prints "<passed> <failed>", and the failures on standard error. A file
that cannot be read counts as one failure.
"""

import pathlib
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree


def count(path):
    passed, failed = 0, 0
    try:
        root = ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, OSError) as error:
        print(f"FAILED {path}: {error}", file=sys.stderr)
        return 0, 1
    for case in root.iter("testcase"):
        if case.get("status") == "notrun" or case.find("skipped") is not None:
            continue
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            name = f"{case.get('classname', '')}.{case.get('name')}"
            print(f"FAILED {name} ({path})", file=sys.stderr)
        else:
            passed += 1
    return passed, failed


def main():
    events = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    files = re.findall(r'name: "test\.xml"\s+uri: "file://([^"]+)"', events)
    passed, failed = 0, 0
    for path in sorted(set(files)):
        p, f = count(urllib.parse.unquote(path))
        passed, failed = passed + p, failed + f
    print(passed, failed)


if __name__ == "__main__":
    main()
