#!/usr/bin/env python3
"""Plants statements outside the subset and sees each of them refused."""

import pathlib
import tempfile
import unittest

import check_sql_subset
import sql_text

GOOD_TABLE = """R"(CREATE TABLE IF NOT EXISTS orders (
  route INT64 NOT NULL, order_id TEXT NOT NULL, state INT64 NOT NULL,
  due_us INT64, PRIMARY KEY (route, order_id)))"
"""

# What is planted -> a part of the finding that must name it.
PLANTED = {
    # Keys and their distribution column.
    "CREATE TABLE IF NOT EXISTS a (route INT64 NOT NULL, eid TEXT NOT NULL, "
    "PRIMARY KEY (route), UNIQUE (eid))": "without the distribution column route",
    "CREATE UNIQUE INDEX IF NOT EXISTS i ON orders (order_id)":
        "without the distribution column route",
    "CREATE TABLE IF NOT EXISTS a (route INT64 NOT NULL)": "without PRIMARY KEY",
    "CREATE TABLE IF NOT EXISTS a (route INT64, PRIMARY KEY (route))":
        "may be NULL",
    "CREATE TABLE IF NOT EXISTS a (route INT64 PRIMARY KEY)": "key at column",
    "CREATE TABLE a (route INT64 NOT NULL, PRIMARY KEY (route))":
        "without IF NOT EXISTS",
    # Types.
    "CREATE TABLE IF NOT EXISTS a (route BIGINT NOT NULL, PRIMARY KEY (route))":
        "only INT64",
    "CREATE TABLE IF NOT EXISTS a (r INT64 NOT NULL, t TIMESTAMP, "
    "PRIMARY KEY (r))": "only INT64",
    "CREATE TABLE IF NOT EXISTS a (r INT64 NOT NULL, b BOOLEAN, "
    "PRIMARY KEY (r))": "only INT64",
    "CREATE TABLE IF NOT EXISTS a (r INT64 NOT NULL REFERENCES orders, "
    "PRIMARY KEY (r))": "foreign key",
    "CREATE TABLE IF NOT EXISTS a (r INT64 NOT NULL, PRIMARY KEY (r)) STRICT":
        "text behind the table",
    # Other DDL.
    "CREATE INDEX IF NOT EXISTS i ON orders (due_us) WHERE state = 1":
        "partial index",
    "CREATE INDEX IF NOT EXISTS i ON orders (due_us DESC)":
        "index of an expression",
    "ALTER TABLE orders ADD COLUMN x INT64 NOT NULL": "not plainly",
    "ALTER TABLE orders DROP COLUMN state": "only grow",
    "ALTER TABLE orders ADD COLUMN IF NOT EXISTS x TEXT": "migration table",
    "DROP TABLE orders": "no statement of the subset",
    "TRUNCATE orders": "TRUNCATE",
    # Changes.
    "UPDATE orders SET state = 1 WHERE order_id = $1":
        "without its distribution column route",
    "UPDATE orders SET route = $1 WHERE route = $2 AND order_id = $3":
        "UPDATE of the distribution column",
    "UPDATE orders SET state = 1": "without WHERE",
    "UPDATE orders SET state = 1 WHERE route = $1 LIMIT 5": "UPDATE ... LIMIT",
    "DELETE FROM orders WHERE order_id = $1": "without its distribution column",
    "DELETE FROM nowhere WHERE a = $1": "of no migration",
    "INSERT INTO orders VALUES ($1, $2, $3, $4)": "without a list of columns",
    "INSERT INTO orders (order_id, state) VALUES ($1, $2)":
        "INSERT without the distribution column",
    "INSERT INTO orders (route, order_id, state) SELECT $1, $2, $3":
        "INSERT ... SELECT",
    "INSERT INTO orders (route, order_id, state) VALUES ($1, $2, $3) "
    "ON CONFLICT (route, order_id) DO UPDATE SET state = $3": "InsertIgnore",
    "REPLACE INTO orders (route, order_id, state) VALUES ($1, $2, $3)": "upsert",
    # Queries.
    "SELECT * FROM orders WHERE route = $1": "name the columns",
    "SELECT state FROM orders WHERE route = $1 FOR UPDATE": "FOR UPDATE",
    "SELECT state FROM orders WHERE order_id LIKE $1": "LIKE",
    "SELECT due_us FROM orders WHERE route = $1 ORDER BY due_us": "may be NULL",
    "SELECT SUM(state) FROM orders WHERE route = $1": "SUM without CAST",
    "SELECT state FROM orders WHERE route = $1 ORDER BY state OFFSET $2":
        "OFFSET",
    "SELECT state FROM orders WHERE order_id = ANY($1)": "ANY",
    "SELECT a.state FROM orders a JOIN orders b ON a.order_id = b.order_id":
        "join off the distribution column",
    "SELECT COUNT(*) FROM (SELECT state FROM orders GROUP BY state)":
        "subquery without a name",
    "SELECT now()": "function now",
    "SELECT pg_advisory_xact_lock($1)": "function pg_advisory_xact_lock",
    "SELECT CURRENT_TIMESTAMP": "time",
    "SELECT state FROM orders WHERE route = ?": "operator ?",
    "SELECT state FROM orders WHERE order_id = ''": "NULL on some engines",
    "SELECT state FROM orders WHERE state IS $1": "IS with anything",
    "SELECT state FROM orders WHERE state = TRUE": "0 and 1",
    "SELECT state::text FROM orders": "operator ::",
    "SELECT \\\"state\\\" FROM orders": "quoted name",
    "SELECT state FROM orders; DELETE FROM orders": "operator ;",
    "WITH x AS (SELECT 1) SELECT state FROM orders": "common table",
    "LISTEN orders": "LISTEN",
    "PRAGMA foreign_keys": "PRAGMA",
    "SET LOCAL search_path = x": "no statement of the subset",
}

# Forms that the subset has.
ALLOWED = [
    "CREATE TABLE IF NOT EXISTS b (shop TEXT NOT NULL, id TEXT NOT NULL, "
    "n INT64 NOT NULL CHECK (n BETWEEN 0 AND 5), blob BYTES, "
    "PRIMARY KEY (shop, id), UNIQUE (shop, n))",
    "CREATE INDEX IF NOT EXISTS i ON orders (state, due_us)",
    "CREATE UNIQUE INDEX IF NOT EXISTS i ON orders (route, state)",
    "ALTER TABLE orders ADD COLUMN extra BYTES",
    "INSERT INTO orders (route, order_id, state) VALUES ($1, $2, $3), "
    "($1, $4, $5)",
    "UPDATE orders SET state = state + 1, due_us = $1 WHERE route = $2 AND "
    "order_id = $3 AND (state < $4 OR due_us IS NULL)",
    "UPDATE orders SET state = $1 WHERE route = $2 AND order_id = $3 "
    "RETURNING state",
    "DELETE FROM orders WHERE route = $1 AND order_id IN ($2, $3)",
    "SELECT state FROM orders WHERE (route, order_id) > ($1, $2) "
    "ORDER BY route, order_id LIMIT $3",
    "SELECT due_us FROM orders WHERE due_us <= $1 ORDER BY due_us LIMIT $2",
    "SELECT COUNT(*), CAST(SUM(state) AS BIGINT), COALESCE(MAX(due_us), 0), "
    "CASE WHEN COUNT(*) > 2 THEN 1 ELSE 0 END FROM orders WHERE route = $1",
    "SELECT a.state FROM orders a JOIN orders b ON a.route = b.route AND "
    "a.order_id = b.order_id WHERE a.route = $1",
    "SELECT COUNT(*) FROM (SELECT state FROM orders GROUP BY state) s",
    "SELECT state FROM orders WHERE route = $1 AND EXISTS (SELECT order_id "
    "FROM orders WHERE route = $1)",
]


def findings(code):
    """What the check finds in one C++ file with this code."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "planted.cc"
        path.write_text(code, encoding="utf-8")
        return [problem for _, _, _, problem
                in check_sql_subset.findings([str(path)])]


def code_of(statement):
    return f'const char* kTable = {GOOD_TABLE};\nauto x = Run("{statement}");\n'


class SqlSubsetTest(unittest.TestCase):

    def test_each_planted_statement_is_refused_by_its_name(self):
        for statement, expected in PLANTED.items():
            found = findings(code_of(statement))
            self.assertTrue(any(expected in problem for problem in found),
                            f"{statement}\n  found: {found}")

    def test_what_the_subset_has_passes(self):
        for statement in ALLOWED:
            self.assertEqual(findings(code_of(statement)), [], statement)

    def test_insert_ignore_takes_no_returning(self):
        insert = ("INSERT INTO orders (route, order_id, state) "
                  "VALUES ($1, $2, $3) RETURNING state")
        code = code_of("SELECT state FROM orders")
        self.assertEqual(findings(code + f'tx.Query("{insert}", {{}});'), [])
        self.assertEqual(findings(code + f'tx.InsertIgnore("{insert}", {{}});'),
                         ["RETURNING of an insert-ignore"])

    def test_texts_are_put_together(self):
        code = '''
          constexpr char kColumns[] = "a, b";
          f("SELECT 1 " "FROM t");
          g(absl::StrCat("SELECT ", kColumns, " FROM u WHERE ", x.y(1, 2)));
          h(std::string("DELETE FROM v") + suffix + " LIMIT 1");
          i(R"sql(UPDATE w
                  SET a = 1)sql");
          // j("SELECT comment FROM x");
          k("Select nothing, it is a sentence");
        '''
        found = [" ".join(text.split())
                 for text, _, _ in sql_text.statements(code)]
        self.assertEqual(found, [
            "SELECT 1 FROM t",
            "SELECT a, b FROM u WHERE __hole__",
            "DELETE FROM v __hole__ LIMIT 1",
            "UPDATE w SET a = 1"])

    def test_the_repository_has_no_findings(self):
        self.assertGreater(
            len(check_sql_subset.read_statements(
                check_sql_subset.listed_files())), 300)
        self.assertEqual(check_sql_subset.main([]), 0)


if __name__ == "__main__":
    unittest.main()
