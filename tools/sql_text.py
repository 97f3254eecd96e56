"""SQL texts in C++ files, as far as they can be seen without a compiler.

A text is a string literal, or several that stand side by side, are joined by +
or are arguments of StrCat. What is joined and no literal is looked up among
the constants of the same file; anything else is a hole.
"""

import re

HOLE = " __hole__ "

_TOKEN = re.compile(
    r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<raw>(?:u8|[uUL])?R"(?P<delim>[^\s()\\]{0,16})\((?P<rawtext>.*?)\)(?P=delim)")
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>'(?:\\.|[^'\\\n])+')
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>\d[\w.']*)
  | (?P<space>\s+)
  | (?P<punct>::|.)
    """,
    re.VERBOSE | re.DOTALL,
)

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "'": "'", "r": "\r"}

# A statement begins so; in capitals, as all of ours do.
_STATEMENT = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|MERGE|WITH|VALUES|CREATE|ALTER|"
    r"DROP|TRUNCATE|PRAGMA|BEGIN|SAVEPOINT|SET|LOCK|COPY|LISTEN|NOTIFY|"
    r"UNLISTEN|GRANT|VACUUM|ANALYZE|EXPLAIN|CALL|DO|EXECUTE|DEALLOCATE)\s")


class Token:
    """A token of C++: kind, text, line."""

    def __init__(self, kind, text, line):
        self.kind = kind
        self.text = text
        self.line = line


def tokenize(source):
    """Tokens without comments and space; a string's text is its value."""
    tokens = []
    line = 1
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup
        if match.group("raw") is not None:
            tokens.append(Token("string", match.group("rawtext"), line))
        elif match.group("string") is not None:
            body = match.group("string")[1:-1]
            body = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m.group(1), m.group(1)),
                          body)
            tokens.append(Token("string", body, line))
        elif kind not in ("comment", "space"):
            tokens.append(Token(kind, match.group(0), line))
        line += match.group(0).count("\n")
    return tokens


def _constants(tokens):
    """name -> text of `kName[] = "..."`, `kName = "..."`, `kName("...")`."""
    found = {}
    for i, token in enumerate(tokens):
        if token.kind != "word" or not re.match(r"k[A-Z]", token.text):
            continue
        j = i + 1
        while j < len(tokens) and tokens[j].text in ("[", "]"):
            j += 1
        if j < len(tokens) and tokens[j].text in ("=", "(", "{"):
            j += 1
            text = ""
            while j < len(tokens) and tokens[j].kind == "string":
                text += tokens[j].text
                j += 1
            if text:
                found[token.text] = text
    return found


class _Reader:
    """Reads joined texts from a list of tokens."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.constants = _constants(tokens)

    def operand(self, i, stops):
        """The text of the expression at i, up to a stop at its own depth."""
        start = i
        depth = 0
        literal = ""
        only_literal = True
        while i < len(self.tokens):
            text = self.tokens[i].text
            kind = self.tokens[i].kind
            if kind == "punct" and depth == 0 and text in stops:
                break
            if kind == "string":
                literal += text
            else:
                only_literal = False
            if kind == "punct" and text in "([{":
                depth += 1
            if kind == "punct" and text in ")]}":
                if depth == 0:
                    break
                depth -= 1
            i += 1
        if only_literal:
            return literal, i
        words = [t.text for t in self.tokens[start:i] if t.kind == "word"]
        known = [w for w in words if w in self.constants]
        if len(known) == 1 and all(
                w in ("std", "string", "string_view", "absl") or w in known
                for w in words):
            return self.constants[known[0]], i
        # std::string("...") around a literal is the literal.
        if literal and all(w in ("std", "string", "string_view") for w in words):
            return literal, i
        return HOLE, i

    def str_cat(self, i):
        """The joined arguments of StrCat( at i, and where it ends."""
        text = ""
        i += 1
        while i < len(self.tokens):
            part, i = self.operand(i, (",",))
            text += part
            if i >= len(self.tokens) or self.tokens[i].text != ",":
                break
            i += 1
        return text, i

    def plus_chain(self, i):
        """Literals at i and what + joins to them, and where that ends."""
        text = ""
        while i < len(self.tokens) and self.tokens[i].kind == "string":
            text += self.tokens[i].text
            i += 1
        # std::string("...") + ...
        if (i + 1 < len(self.tokens) and self.tokens[i].text == ")" and
                self.tokens[i + 1].text == "+"):
            i += 1
        while i < len(self.tokens) and self.tokens[i].text == "+" and (
                self.tokens[i + 1].text != "="):
            part, i = self.operand(i + 1, ("+", ",", ";", "?", ":"))
            text += part
        return text, i


def texts(source):
    """(text, line, name of the function it is an argument of or "")."""
    tokens = tokenize(source)
    reader = _Reader(tokens)
    i = 0
    while i < len(tokens):
        token = tokens[i]
        caller = ""
        for k in range(i - 1, max(-1, i - 4), -1):
            if tokens[k].text == "(" and k > 0 and tokens[k - 1].kind == "word":
                caller = tokens[k - 1].text
                break
        if (token.text == "StrCat" and i + 1 < len(tokens) and
                tokens[i + 1].text == "("):
            text, end = reader.str_cat(i + 1)
            yield text, token.line, caller
            i = max(end, i + 1)
        elif token.kind == "string":
            text, end = reader.plus_chain(i)
            yield text, token.line, caller
            i = max(end, i + 1)
        else:
            i += 1


def statements(source):
    """Those of texts() that are SQL."""
    for text, line, caller in texts(source):
        if _STATEMENT.match(text):
            yield text, line, caller
