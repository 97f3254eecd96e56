#include "storage/sql/dialect.h"

#include <gtest/gtest.h>

#include "storage/sql/postgres_dialect.h"

namespace shiming::sql {
namespace {

TEST(ReplaceWordTest, ReplacesWholeWordsOutsideQuotes) {
  EXPECT_EQ(ReplaceWord("a INT64, INT64_b INT64", "INT64", "INTEGER"),
            "a INTEGER, INT64_b INTEGER");
  EXPECT_EQ(ReplaceWord("CHECK (x <> 'INT64') -- INT64", "INT64", "INTEGER"),
            "CHECK (x <> 'INT64') -- INTEGER");
}

TEST(SqliteDialectTest, MakesStrictTablesWithoutRowid) {
  EXPECT_EQ(
      SqliteDialect().Ddl(
          "CREATE TABLE t (a INT64 NOT NULL, b BYTES, PRIMARY KEY (a))\n"),
      "CREATE TABLE t (a INTEGER NOT NULL, b BLOB, PRIMARY KEY (a)) "
      "STRICT, WITHOUT ROWID");
}

TEST(SqliteDialectTest, LeavesOtherStatementsAlone) {
  EXPECT_EQ(SqliteDialect().Ddl("CREATE INDEX i ON t (a)"),
            "CREATE INDEX i ON t (a)");
}

TEST(SqliteDialectTest, InsertIgnoreAppendsToTheInsert) {
  EXPECT_EQ(SqliteDialect().InsertIgnore("INSERT INTO t (a) VALUES ($1)"),
            "INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING");
}

TEST(PostgresDialectTest, RendersTheSameMigrationInItsOwnTypes) {
  EXPECT_EQ(
      PostgresDialect().Ddl("CREATE TABLE t (a INT64 NOT NULL, b BYTES, "
                            "c TEXT, PRIMARY KEY (a))\n"),
      "CREATE TABLE t (a BIGINT NOT NULL, b BYTEA, c TEXT, PRIMARY KEY (a))");
}

TEST(PostgresDialectTest, InsertIgnoreAppendsToTheInsert) {
  EXPECT_EQ(PostgresDialect().InsertIgnore("INSERT INTO t (a) VALUES ($1)"),
            "INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING");
}

}  // namespace
}  // namespace shiming::sql
