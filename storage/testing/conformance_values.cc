// Typed binds and columns, and what the SQL subset promises on every engine.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "storage/sql/sql_error.h"
#include "storage/testing/conformance.h"

namespace shiming::sql::testing {
namespace {

constexpr char kDefineValues[] =
    "CREATE TABLE vals (id INT64 NOT NULL, i INT64, t TEXT, b BYTES, "
    "PRIMARY KEY (id))";
constexpr char kInsertValues[] =
    "INSERT INTO vals (id, i, t, b) VALUES ($1, $2, $3, $4)";
constexpr char kSelectValues[] = "SELECT i, t, b FROM vals WHERE id = $1";

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

TEST_P(ConformanceTest, IntegersKeepTheirFullRange) {
  Define(kDefineValues);
  const std::vector<int64_t> values = {0, -1, 1700000000123456,
                                       std::numeric_limits<int64_t>::min(),
                                       std::numeric_limits<int64_t>::max()};
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_TRUE(Execute(kInsertValues, {Value::Int(i), Value::Int(values[i]),
                                        Value::NullText(), Value::NullBytes()})
                    .ok());
    EXPECT_EQ(SelectInt(kSelectValues, {Value::Int(i)}), values[i]);
  }
}

TEST_P(ConformanceTest, TextKeepsItsCharacters) {
  Define(kDefineValues);
  const std::string text = "实名 \U0001F4F1 O'Brien \"x\" \\ $1 %_\n\t";
  ASSERT_TRUE(Execute(kInsertValues, {Value::Int(1), Value::NullInt(),
                                      Value::Text(text), Value::NullBytes()})
                  .ok());
  Rows rows = Select(kSelectValues, {Value::Int(1)});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].Text(1), text);
  EXPECT_EQ(SelectInt("SELECT id FROM vals WHERE t = $1", {Value::Text(text)}),
            1);
}

TEST_P(ConformanceTest, BytesKeepNulAndAllOthers) {
  Define(kDefineValues);
  const std::string bytes = AllBytes() + std::string(3, '\0');
  ASSERT_TRUE(Execute(kInsertValues, {Value::Int(1), Value::NullInt(),
                                      Value::NullText(), Value::Bytes(bytes)})
                  .ok());
  Rows rows = Select(kSelectValues, {Value::Int(1)});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].Bytes(2), bytes);
  EXPECT_EQ(
      SelectInt("SELECT id FROM vals WHERE b = $1", {Value::Bytes(bytes)}), 1);
}

TEST_P(ConformanceTest, NoBytesIsNotNull) {
  Define(kDefineValues);
  ASSERT_TRUE(Execute(kInsertValues, {Value::Int(1), Value::NullInt(),
                                      Value::NullText(), Value::Bytes("")})
                  .ok());
  Rows rows = Select(kSelectValues, {Value::Int(1)});
  ASSERT_EQ(rows.size(), 1u);
  ASSERT_FALSE(rows[0].IsNull(2));
  EXPECT_EQ(rows[0].Bytes(2), "");
}

TEST_P(ConformanceTest, NullsOfEachTypeComeBackAsNull) {
  Define(kDefineValues);
  ASSERT_TRUE(Execute(kInsertValues, {Value::Int(1), Value::NullInt(),
                                      Value::NullText(), Value::NullBytes()})
                  .ok());
  Rows rows = Select(kSelectValues, {Value::Int(1)});
  ASSERT_EQ(rows.size(), 1u);
  for (size_t column = 0; column < 3; ++column) {
    EXPECT_TRUE(rows[0].IsNull(column));
  }
  EXPECT_EQ(rows[0].OptionalInt(0), std::nullopt);
  EXPECT_EQ(rows[0].TextOrEmpty(1), "");
  EXPECT_EQ(rows[0].BytesOrEmpty(2), "");
  EXPECT_EQ(SelectInt("SELECT COUNT(*) FROM vals WHERE i IS NULL AND t IS NULL "
                      "AND b IS NULL"),
            1);
}

TEST_P(ConformanceTest, BigValuesComeBackWhole) {
  Define(kDefineValues);
  std::string bytes;
  while (bytes.size() < 3'000'000) bytes += AllBytes();
  const std::string text(1'000'000, 'x');
  ASSERT_TRUE(Execute(kInsertValues, {Value::Int(1), Value::NullInt(),
                                      Value::Text(text), Value::Bytes(bytes)})
                  .ok());
  Rows rows = Select(kSelectValues, {Value::Int(1)});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_TRUE(rows[0].Text(1) == text);
  EXPECT_TRUE(rows[0].Bytes(2) == bytes);
}

TEST_P(ConformanceTest, ParametersAreBoundByNumberNotByPlace) {
  Define(kDefineValues);
  ASSERT_TRUE(Execute("INSERT INTO vals (b, t, i, id) VALUES ($4, $3, $2, $1)",
                      {Value::Int(1), Value::Int(2), Value::Text("three"),
                       Value::Bytes("four")})
                  .ok());
  Rows rows = Select("SELECT i, t, b FROM vals WHERE i = $2 AND id = $1",
                     {Value::Int(1), Value::Int(2)});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].Int(0), 2);
  EXPECT_EQ(rows[0].Text(1), "three");
  EXPECT_EQ(rows[0].Bytes(2), "four");
}

TEST_P(ConformanceTest, OneParameterMayStandTwice) {
  Define(kDefineValues);
  ASSERT_TRUE(
      Execute("INSERT INTO vals (id, i) VALUES ($1, $1)", {Value::Int(7)})
          .ok());
  EXPECT_EQ(
      SelectInt("SELECT i FROM vals WHERE id = $1 AND i = $1", {Value::Int(7)}),
      7);
}

TEST_P(ConformanceTest, AnotherNumberOfParametersIsAStatementError) {
  Define(kDefineValues);
  const std::string insert = "INSERT INTO vals (id, i) VALUES ($1, $2)";
  EXPECT_EQ(SqlErrorOf(Execute(insert, {Value::Int(1)})), SqlError::kStatement);
  EXPECT_EQ(SqlErrorOf(
                Execute(insert, {Value::Int(1), Value::Int(2), Value::Int(3)})),
            SqlError::kStatement);
  EXPECT_EQ(SelectInt("SELECT COUNT(*) FROM vals"), 0);
}

TEST_P(ConformanceTest, TextThatNotAllEnginesStoreIsRefused) {
  Define(kDefineValues);
  const std::vector<std::string> refused = {std::string("a\0b", 3),
                                            "",
                                            "\xFF",
                                            "\xC0\x80",
                                            "\xED\xA0\x80",
                                            "\xE4\xB8",
                                            "\xF4\x90\x80\x80"};
  for (const std::string& text : refused) {
    absl::Status status = Execute("INSERT INTO vals (id, t) VALUES ($1, $2)",
                                  {Value::Int(1), Value::Text(text)});
    EXPECT_TRUE(HasReason(status, Reason::INVALID_REQUEST)) << status;
  }
  EXPECT_EQ(SelectInt("SELECT COUNT(*) FROM vals"), 0);
}

TEST_P(ConformanceTest, BytesInATextColumnAreRefused) {
  Define(kDefineValues);
  EXPECT_FALSE(Execute("INSERT INTO vals (id, t) VALUES ($1, $2)",
                       {Value::Int(1), Value::Bytes("x")})
                   .ok());
  EXPECT_EQ(SelectInt("SELECT COUNT(*) FROM vals"), 0);
}

TEST_P(ConformanceTest, SeveralStatementsInOneAreRefused) {
  Define(kDefineValues);
  EXPECT_EQ(SqlErrorOf(Execute("INSERT INTO vals (id) VALUES (1); "
                               "INSERT INTO vals (id) VALUES (2)",
                               {})),
            SqlError::kStatement);
  EXPECT_EQ(SelectInt("SELECT COUNT(*) FROM vals"), 0);
}

TEST_P(ConformanceTest, WrongStatementsAreStatementErrors) {
  EXPECT_EQ(SqlErrorOf(Execute("INSERT INTO nowhere (id) VALUES (1)", {})),
            SqlError::kStatement);
  EXPECT_EQ(SqlErrorOf(Execute("SELEKT", {})), SqlError::kStatement);
}

TEST_P(ConformanceTest, TextIsOrderedByItsBytes) {
  Define("CREATE TABLE words (w TEXT NOT NULL, PRIMARY KEY (w))");
  for (const char* word : {"a", "B", "é", "Z", "aa", "中"}) {
    ASSERT_TRUE(
        Execute("INSERT INTO words (w) VALUES ($1)", {Value::Text(word)}).ok());
  }
  std::vector<std::string> words;
  for (const Row& row : Select("SELECT w FROM words ORDER BY w")) {
    words.push_back(row.Text(0));
  }
  EXPECT_EQ(words, (std::vector<std::string>{"B", "Z", "a", "aa", "é", "中"}));
}

TEST_P(ConformanceTest, KeysetPagingVisitsEachRowOnce) {
  Define(
      "CREATE TABLE pages (a INT64 NOT NULL, b INT64 NOT NULL, "
      "PRIMARY KEY (a, b))");
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(Execute("INSERT INTO pages (a, b) VALUES ($1, $2)",
                        {Value::Int(i / 7), Value::Int(i % 7)})
                    .ok());
  }
  int64_t a = -1;
  int64_t b = -1;
  int count = 0;
  for (;;) {
    Rows rows = Select(
        "SELECT a, b FROM pages WHERE (a, b) > ($1, $2) ORDER BY a, b LIMIT $3",
        {Value::Int(a), Value::Int(b), Value::Int(4)});
    if (rows.empty()) break;
    for (const Row& row : rows) {
      EXPECT_EQ(row.Int(0) * 7 + row.Int(1), count);
      ++count;
    }
    a = rows.back().Int(0);
    b = rows.back().Int(1);
  }
  EXPECT_EQ(count, 25);
}

TEST_P(ConformanceTest, SumsAndCountsAreIntegers) {
  Define(kDefineValues);
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(Execute("INSERT INTO vals (id, i) VALUES ($1, $2)",
                        {Value::Int(i), Value::Int(i * 1000000000000)})
                    .ok());
  }
  Rows rows = Select(
      "SELECT COUNT(*), CAST(SUM(i) AS BIGINT), COALESCE(MAX(id), 0), "
      "CASE WHEN COUNT(*) > 2 THEN 1 ELSE 0 END FROM vals");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].Int(0), 3);
  EXPECT_EQ(rows[0].Int(1), 6000000000000);
  EXPECT_EQ(rows[0].Int(2), 3);
  EXPECT_EQ(rows[0].Int(3), 1);
}

}  // namespace
}  // namespace shiming::sql::testing
