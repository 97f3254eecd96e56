#!/usr/bin/env python3
"""Refuses SQL outside the subset that runs alike on every engine.

docs/portable_sql.md lists the subset and why each form is out. Looks at the
migrations and statements of services/*/store and storage (but the drivers
themselves and unit tests), or at the files named on the command line; prints
each finding; exits 1 if there is any. Findings that are known and reasoned are
in tools/sql_subset_waivers.txt; one that no longer occurs is a finding too.
"""

import pathlib
import re
import subprocess
import sys

import sql_text

ROOT = pathlib.Path(__file__).resolve().parent.parent
WAIVERS = ROOT / "tools" / "sql_subset_waivers.txt"

TYPES = {"INT64", "TEXT", "BYTES"}
FUNCTIONS = {"COUNT", "SUM", "MIN", "MAX", "COALESCE", "NULLIF", "CAST", "EXISTS"}
# Words that may stand before a parenthesis and are no function.
BEFORE_PARENTHESIS = {
    "VALUES", "KEY", "UNIQUE", "CHECK", "IN", "AND", "OR", "NOT", "WHERE", "ON",
    "FROM", "JOIN", "SELECT", "THEN", "ELSE", "WHEN", "SET", "BY", "AS", "CASE",
    "HAVING", "BETWEEN", "LIMIT"}
# What may come where the name of a subquery is left out.
SUBQUERY_ENDS = {"WHERE", "ON", "GROUP", "ORDER", "LIMIT", "LEFT", "JOIN", ")",
                 ","}
OPERATORS = {"=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", ",", "(", ")",
             "."}

# word -> why it is out.
FORBIDDEN = {
    "CONFLICT": "ON CONFLICT: use Transaction::InsertIgnore",
    "REPLACE": "upsert", "MERGE": "upsert", "DUPLICATE": "upsert",
    "REFERENCES": "foreign key", "FOREIGN": "foreign key",
    "SERIAL": "sequence", "BIGSERIAL": "sequence", "IDENTITY": "sequence",
    "SEQUENCE": "sequence", "AUTOINCREMENT": "sequence", "NEXTVAL": "sequence",
    "GENERATED": "generated column", "TRIGGER": "trigger",
    "PROCEDURE": "procedure", "FUNCTION_BODY": "procedure",
    "DEFERRABLE": "DEFERRABLE", "DEFERRED": "DEFERRABLE",
    "LISTEN": "LISTEN/NOTIFY", "NOTIFY": "LISTEN/NOTIFY",
    "TRUNCATE": "TRUNCATE", "COPY": "COPY", "TEMP": "temporary table",
    "TEMPORARY": "temporary table", "WITH": "common table expression",
    "ANY": "ANY(array)", "ARRAY": "ANY(array)", "UNNEST": "ANY(array)",
    "LIKE": "LIKE: SQLite ignores case", "ILIKE": "LIKE", "GLOB": "LIKE",
    "SIMILAR": "LIKE", "REGEXP": "LIKE", "COLLATE": "collation by hand",
    "OFFSET": "OFFSET: page by key", "UNION": "set operation",
    "INTERSECT": "set operation", "EXCEPT": "set operation",
    "OVER": "window function", "LATERAL": "LATERAL",
    "NULLS": "NULLS FIRST/LAST", "ROWID": "rowid", "OID": "oid",
    "STRICT": "table option: the dialect's", "WITHOUT": "table option",
    "PRAGMA": "PRAGMA", "VACUUM": "VACUUM", "EXPLAIN": "EXPLAIN",
    "BEGIN": "transaction by hand", "COMMIT": "transaction by hand",
    "ROLLBACK": "transaction by hand", "SAVEPOINT": "transaction by hand",
    "LOCK": "lock by hand", "SKIP": "SKIP LOCKED: a dialect's",
    "TRUE": "bool: 0 and 1", "FALSE": "bool: 0 and 1", "BOOLEAN": "type",
    "BOOL": "type", "NUMERIC": "type", "DECIMAL": "type", "REAL": "type",
    "FLOAT": "type", "DOUBLE": "type", "JSON": "type", "JSONB": "type",
    "UUID": "type", "TIMESTAMP": "time is microseconds, a parameter",
    "TIMESTAMPTZ": "time", "INTERVAL": "time", "CURRENT_TIMESTAMP": "time",
    "CURRENT_TIME": "time", "CURRENT_DATE": "time", "SMALLINT": "type",
    "INT": "type", "INTEGER": "type: INT64", "BLOB": "type: BYTES",
    "BYTEA": "type: BYTES", "VARCHAR": "type: TEXT", "CHAR": "type: TEXT",
    "ISNULL": "IS NULL", "NOTNULL": "IS NOT NULL", "DEFAULT": "DEFAULT",
    "NATURAL": "NATURAL JOIN", "USING": "USING", "CROSS": "CROSS JOIN",
    "CASCADE": "CASCADE", "VIEW": "view",
}

_SQL_TOKEN = re.compile(
    r"""(?P<string>'(?:[^']|'')*')|(?P<quoted>"[^"]*"|`[^`]*`|\[[^\]]*\])
      |(?P<parameter>\$\d+)|(?P<hole>__hole__)|(?P<word>[A-Za-z_]\w*)
      |(?P<number>\d+)|(?P<space>\s+)
      |(?P<operator><>|<=|>=|!=|==|\|\||::|->>|->|<<|>>|.)""",
    re.VERBOSE | re.DOTALL)


class Statement:
    """One SQL text, where it stands, and its tokens."""

    def __init__(self, path, line, text, caller):
        self.path = path
        self.line = line
        self.text = " ".join(text.replace("__hole__", "...").split())
        self.caller = caller
        self.tokens = []
        self.kinds = []
        for match in _SQL_TOKEN.finditer(text):
            if match.lastgroup == "space":
                continue
            value = match.group(0)
            if match.lastgroup == "word" and value.upper() in KEYWORDS:
                value = value.upper() if value.isupper() else value
            self.tokens.append(value)
            self.kinds.append(match.lastgroup)
        self.words = [t.upper() if k == "word" else t
                      for t, k in zip(self.tokens, self.kinds)]

    @property
    def has_hole(self):
        return "__hole__" in self.tokens

    def has(self, *sequence):
        """Whether these stand side by side."""
        n = len(sequence)
        return any(tuple(self.words[i:i + n]) == sequence
                   for i in range(len(self.words) - n + 1))

    def after(self, *sequence):
        """The index behind the first such sequence, or -1."""
        n = len(sequence)
        for i in range(len(self.words) - n + 1):
            if tuple(self.words[i:i + n]) == sequence:
                return i + n
        return -1

    def group(self, start):
        """The items, split at commas, of the parenthesis that opens at start."""
        items, item, depth = [], [], 0
        for i in range(start, len(self.tokens)):
            token = self.words[i]
            if token == "(":
                depth += 1
                if depth == 1:
                    continue
            if token == ")":
                depth -= 1
                if depth == 0:
                    items.append(item)
                    return items, i + 1
            if token == "," and depth == 1:
                items.append(item)
                item = []
            else:
                item.append(self.tokens[i])
        return items + [item], len(self.tokens)


KEYWORDS = set(FORBIDDEN) | FUNCTIONS | BEFORE_PARENTHESIS


class Table:
    """What a CREATE TABLE says."""

    def __init__(self, name):
        self.name = name
        self.columns = {}  # name -> True where it may be NULL
        self.key = []

    @property
    def distribution(self):
        return self.key[0] if self.key else None


def read_table(statement):
    """The table of a CREATE TABLE, and what is wrong with it."""
    problems = []
    start = statement.after("TABLE")
    if statement.words[start:start + 3] == ["IF", "NOT", "EXISTS"]:
        start += 3
    else:
        problems.append("CREATE without IF NOT EXISTS: a step may run twice")
    table = Table(statement.tokens[start])
    if start + 1 >= len(statement.tokens) or statement.words[start + 1] != "(":
        return table, problems + ["CREATE TABLE without a list of columns"]
    items, end = statement.group(start + 1)
    if end != len(statement.tokens):
        problems.append("text behind the table: the dialect appends its options")
    uniques = []
    for item in items:
        words = [w.upper() for w in item]
        if words[:2] == ["PRIMARY", "KEY"]:
            table.key = [w for w in item[3:] if w not in (",", ")")]
        elif words[:1] == ["UNIQUE"]:
            uniques.append([w for w in item[2:] if w not in (",", ")")])
        elif words[:1] == ["CHECK"]:
            pass
        elif words[:1] == ["CONSTRAINT"]:
            problems.append("named constraint")
        elif item:
            if len(words) < 2 or words[1] not in TYPES:
                problems.append(
                    f"type of {item[0]}: only INT64, TEXT and BYTES")
            if "PRIMARY" in words or "UNIQUE" in words:
                problems.append(f"key at column {item[0]}: write it at the end, "
                                "with its distribution column")
            table.columns[item[0]] = "NOT NULL" not in " ".join(words)
    if not table.key:
        problems.append("table without PRIMARY KEY")
        return table, problems
    for column in table.key:
        if column not in table.columns:
            problems.append(f"key column {column} is none of the table's")
        elif table.columns[column]:
            problems.append(f"key column {column} may be NULL")
    for unique in uniques:
        if table.distribution not in unique:
            problems.append(
                f"UNIQUE ({', '.join(unique)}) without the distribution column "
                f"{table.distribution}")
    return table, problems


def check_index(statement, tables):
    problems = []
    if not statement.has("IF", "NOT", "EXISTS"):
        problems.append("CREATE without IF NOT EXISTS: a step may run twice")
    on = statement.after("ON")
    if on < 0 or statement.words[on + 1] != "(":
        return problems + ["index of an unknown form"]
    items, end = statement.group(on + 1)
    if end != len(statement.tokens):
        problems.append("partial index or index option")
    if any(len(item) != 1 for item in items):
        problems.append("index of an expression, or with an order")
    if statement.words[1] == "UNIQUE":
        table = tables.get(statement.tokens[on])
        columns = [item[0] for item in items if item]
        if table is None or table.distribution not in columns:
            problems.append("unique index without the distribution column " +
                            (table.distribution or "?" if table else "?"))
    return problems


def check_alter(statement):
    start = statement.after("ADD", "COLUMN")
    if start < 0:
        return ["ALTER TABLE other than ADD COLUMN: schemas only grow"]
    if statement.words[start:start + 3] == ["IF", "NOT", "EXISTS"]:
        return ["ADD COLUMN IF NOT EXISTS: the migration table knows"]
    if len(statement.tokens) != start + 2 or statement.words[start + 1] not in TYPES:
        return ["new column that is not plainly INT64, TEXT or BYTES and "
                "may be NULL"]
    return []


def check_words(statement):
    """What is wrong whatever the statement is."""
    problems = []
    words, kinds = statement.words, statement.kinds
    ddl = words[0] in ("CREATE", "ALTER", "DROP")
    for i, (word, kind) in enumerate(zip(words, kinds)):
        following = words[i + 1] if i + 1 < len(words) else ""
        before = words[i - 1] if i else ""
        if kind == "quoted":
            problems.append(f"quoted name {word}")
        elif kind == "string":
            if word == "''":
                problems.append("'' is NULL on some engines")
            if before in ("X", "E", "B", "N", "U"):
                problems.append("string with a prefix: bind a parameter")
        elif kind == "operator" and word not in OPERATORS:
            problems.append(f"operator {word}")
        elif kind == "word" and word in FORBIDDEN and before != ".":
            # Names are in small letters, SQL's own words in capitals.
            if statement.tokens[i].isupper():
                problems.append(FORBIDDEN[word])
        elif (kind == "word" and following == "(" and not ddl and
              word not in FUNCTIONS and word not in BEFORE_PARENTHESIS and
              before != "INTO"):
            problems.append(f"function {statement.tokens[i]}")
        if word == "FOR" and following in ("UPDATE", "SHARE"):
            problems.append("SELECT ... FOR UPDATE")
        if word == "IS" and following != "NULL" and words[i + 1:i + 3] != [
                "NOT", "NULL"]:
            problems.append("IS with anything but NULL")
        if word == "SUM" and words[max(0, i - 2):i] != ["CAST", "("]:
            problems.append("SUM without CAST (... AS BIGINT)")
        if word == "BIGINT" and before != "AS":
            problems.append("type: INT64")
        if word in ("FROM", "JOIN") and following == "(":
            _, end = statement.group(i + 1)
            if end >= len(words) or words[end] in SUBQUERY_ENDS:
                problems.append("subquery without a name")
        if word == "CAST":
            _, end = statement.group(i + 1)
            if words[end - 3:end - 1] != ["AS", "BIGINT"]:
                problems.append("CAST to another type than BIGINT")
        if word == "*" and before in ("SELECT", "."):
            problems.append("SELECT *: name the columns")
    return problems


def where(statement):
    start = statement.after("WHERE")
    return statement.words[start:] if start >= 0 else []


def equals(words, column):
    """Whether `column = ` stands in these words, with or without an alias."""
    column = column.upper()
    return any(w == column and i + 1 < len(words) and words[i + 1] in ("=", "IN")
               for i, w in enumerate(words))


def compared(words, column):
    """Whether a comparison in these words leaves no NULL of the column."""
    column = column.upper()
    return any(
        w == column and
        (words[i + 1:i + 2] and words[i + 1] in ("=", "<", ">", "<=", ">=", "IN",
                                                 "BETWEEN") or
         words[i + 1:i + 4] == ["IS", "NOT", "NULL"])
        for i, w in enumerate(words))


def check_change(statement, tables):
    """UPDATE and DELETE."""
    problems = []
    is_update = statement.words[0] == "UPDATE"
    name = statement.tokens[1 if is_update else 2]
    if "LIMIT" in statement.words:
        problems.append(f"{statement.words[0]} ... LIMIT")
    table = tables.get(name)
    if table is None:
        return problems + [f"table {name} of no migration here"]
    distribution = table.distribution.upper()
    if statement.words[-1] == "SET":
        problems.append("text that is put together elsewhere")
    elif not where(statement):
        problems.append(f"{statement.words[0]} without WHERE")
    elif not equals(where(statement), distribution):
        problems.append(
            f"{statement.words[0]} without its distribution column "
            f"{table.distribution} in WHERE")
    if is_update:
        end = statement.after("WHERE")
        sets = statement.words[statement.after("SET"):end if end > 0 else None]
        if any(w == distribution and i + 1 < len(sets) and sets[i + 1] == "=" and
               (i == 0 or sets[i - 1] == ",") for i, w in enumerate(sets)):
            problems.append(f"UPDATE of the distribution column "
                            f"{table.distribution}")
    return problems


def check_insert(statement, tables):
    problems = []
    name = statement.tokens[2]
    table = tables.get(name)
    if table is None:
        return [f"table {name} of no migration here"]
    if statement.words[3] != "(":
        return ["INSERT without a list of columns"]
    items, _ = statement.group(3)
    columns = [item[0] for item in items if item]
    if "__hole__" not in columns and table.distribution not in columns:
        problems.append(
            f"INSERT without the distribution column {table.distribution}")
    if "SELECT" in statement.words:
        problems.append("INSERT ... SELECT")
    if statement.caller == "InsertIgnore" and "RETURNING" in statement.words:
        problems.append("RETURNING of an insert-ignore")
    return problems


def aliases(statement, tables):
    """alias or name -> table, of FROM and JOIN; of a subquery its first."""
    found = {}
    for i, word in enumerate(statement.words):
        if word not in ("FROM", "JOIN") or i + 1 >= len(statement.tokens):
            continue
        j = i + 1
        if statement.words[j] == "(":
            inner = statement.words.index("FROM", j)
            table = tables.get(statement.tokens[inner + 1])
            _, j = statement.group(j)
        else:
            table = tables.get(statement.tokens[j])
            found[statement.tokens[j]] = table
            j += 1
        if j < len(statement.words) and statement.words[j] == "AS":
            j += 1
        if (j < len(statement.tokens) and statement.kinds[j] == "word" and
                not statement.tokens[j].isupper()):
            found[statement.tokens[j]] = table
    return {name: table for name, table in found.items() if table is not None}


def join_condition(statement, join):
    """The words of the ON that belongs to the JOIN at this index."""
    depth = 0
    start = None
    for i in range(join + 1, len(statement.words)):
        word = statement.words[i]
        depth += (word == "(") - (word == ")")
        if depth < 0 or (depth == 0 and word in (
                "JOIN", "LEFT", "INNER", "WHERE", "ORDER", "GROUP", "LIMIT")):
            return statement.words[start or i:i]
        if depth == 0 and word == "ON":
            start = i
    return statement.words[start:] if start else []


def check_joins(statement, named):
    problems = []
    for join, word in enumerate(statement.words):
        if word != "JOIN":
            continue
        condition = " ".join(join_condition(statement, join))
        columns = [f"{alias.upper()} . {table.distribution.upper()}"
                   for alias, table in named.items()]
        if not any(f"{a} = {b}" in condition for a in columns for b in columns
                   if a != b):
            problems.append("join off the distribution column")
    return problems


def check_order(statement, named):
    problems = []
    start = statement.after("ORDER", "BY")
    if start < 0:
        return problems
    column = None
    for i in range(start, len(statement.tokens)):
        word = statement.words[i]
        if word in ("LIMIT", ")"):
            break
        if statement.kinds[i] == "word" and word not in ("ASC", "DESC"):
            column = statement.tokens[i]
            if i + 1 < len(statement.tokens) and statement.tokens[i + 1] == ".":
                continue
            tables = list(named.values())
            if i >= 2 and statement.tokens[i - 1] == ".":
                tables = [named[statement.tokens[i - 2]]] if (
                    statement.tokens[i - 2] in named) else []
            # A comparison leaves no NULL.
            if any(t.columns.get(column) for t in tables) and not compared(
                    where(statement), column):
                problems.append(f"ORDER BY {column}, which may be NULL")
    return problems


def check(statement, tables):
    """All that is wrong with a statement."""
    problems = check_words(statement)
    first = statement.words[0]
    if first == "CREATE" and "INDEX" in statement.words[:3]:
        problems += check_index(statement, tables)
    elif first == "CREATE" and statement.words[1] == "TABLE":
        problems += read_table(statement)[1]
    elif first == "ALTER":
        problems += check_alter(statement)
    elif first in ("UPDATE", "DELETE"):
        problems += check_change(statement, tables)
    elif first == "INSERT":
        problems += check_insert(statement, tables)
    elif first == "SELECT":
        named = aliases(statement, tables)
        problems += check_joins(statement, named)
        problems += check_order(statement, named)
    else:
        problems.append(f"{first}: no statement of the subset")
    return sorted(set(problems))


def owner(path):
    """Whose tables a file may use: its service's folder, or storage."""
    parts = pathlib.PurePath(path).parts
    return "/".join(parts[:2]) if parts[0] == "services" else "storage"


def is_ours(path):
    name = pathlib.PurePath(path).name
    if re.search(r"_test\.cc$", name):
        return False
    if path.startswith("services/"):
        return "/store/" in path
    # The drivers speak their engine's own words.
    return not re.match(
        r"storage/(testing/|sql/(sqlite_|postgres_|dialect|faulty))", path)


def listed_files():
    found = subprocess.run(["git", "ls-files", "services", "storage"], cwd=ROOT,
                           check=True, capture_output=True, text=True).stdout
    return [p for p in found.split("\n")
            if re.search(r"\.(cc|h)$", p) and is_ours(p)]


def read_statements(paths):
    found = []
    for path in paths:
        source = (ROOT / path).read_text(encoding="utf-8")
        for text, line, caller in sql_text.statements(source):
            found.append(Statement(path, line, text, caller))
    return found


def read_tables(found):
    """owner -> name -> table; those of storage are everybody's."""
    by_owner = {}
    for statement in found:
        if statement.words[:2] == ["CREATE", "TABLE"]:
            table, _ = read_table(statement)
            by_owner.setdefault(owner(statement.path), {})[table.name] = table
    return by_owner


def findings(paths):
    """(path, line, statement's text, problem)."""
    found = read_statements(paths)
    by_owner = read_tables(found)
    for statement in found:
        tables = dict(by_owner.get("storage", {}))
        tables.update(by_owner.get(owner(statement.path), {}))
        for problem in check(statement, tables):
            yield statement.path, statement.line, statement.text, problem


def read_waivers(path):
    """(file, problem, beginning of the statement) -> reason."""
    waivers = {}
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        file, problem, beginning, reason = (p.strip() for p in line.split(" | "))
        if not reason:
            sys.exit(f"{path}: a waiver without a reason: {line}")
        waivers[(file, problem, beginning)] = reason
    return waivers


def main(arguments):
    waivers = {} if arguments else read_waivers(WAIVERS)
    used = set()
    broken = 0
    for path, line, text, problem in findings(arguments or listed_files()):
        waiver = next((w for w in waivers
                       if w[0] == path and w[1] == problem and
                       text.startswith(w[2])), None)
        if waiver:
            used.add(waiver)
            continue
        broken += 1
        print(f"{path}:{line}: {problem}\n    {text[:160]}")
    for waiver in waivers:
        if waiver not in used:
            broken += 1
            print(f"tools/sql_subset_waivers.txt: not needed: {waiver}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
