#include "storage/sql/postgres_options.h"

#include <gtest/gtest.h>

#include <map>

#include "storage/sql/postgres_statement.h"

namespace shiming::sql {
namespace {

std::map<std::string, std::string> Host(const PostgresOptions& options,
                                        size_t index) {
  return {options.hosts[index].begin(), options.hosts[index].end()};
}

TEST(PostgresOptionsTest, RecognisesBothSchemes) {
  EXPECT_TRUE(IsPostgresUrl("postgres://h/d"));
  EXPECT_TRUE(IsPostgresUrl("postgresql://h/d"));
  EXPECT_FALSE(IsPostgresUrl("sqlite:postgres://"));
  EXPECT_FALSE(ParsePostgresUrl("sqlite:x").ok());
}

TEST(PostgresOptionsTest, DefaultsAreTheSafeOnes) {
  auto options = ParsePostgresUrl("postgres://u@db.example/shiming");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->isolation, PostgresIsolation::kRepeatableRead);
  EXPECT_TRUE(options->prepared);
  auto host = Host(*options, 0);
  EXPECT_EQ(host["sslmode"], "verify-full");
  EXPECT_EQ(host["target_session_attrs"], "read-write");
  EXPECT_EQ(host["client_encoding"], "UTF8");
  EXPECT_EQ(host["host"], "db.example");
  EXPECT_EQ(host["dbname"], "shiming");
  EXPECT_EQ(host["user"], "u");
}

TEST(PostgresOptionsTest, OwnParametersAreTakenAndTheRestIsLibpqs) {
  auto options = ParsePostgresUrl(
      "postgresql://u@h/d?isolation=ser&sslmode=require&prepared=off&"
      "pipeline=on&writers=3&readers=1&queue=9&schema=a_1&"
      "statement_timeout_ms=0&lock_timeout_ms=70&deadline_ms=900&"
      "sslrootcert=/etc/ca.pem");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->isolation, PostgresIsolation::kSerializable);
  EXPECT_EQ(options->pipeline, PostgresPipeline::kOn);
  EXPECT_FALSE(options->prepared);
  EXPECT_EQ(options->writer_count, 3);
  EXPECT_EQ(options->reader_count, 1);
  EXPECT_EQ(options->queue_limit, 9);
  EXPECT_EQ(options->schema, "a_1");
  EXPECT_EQ(options->statement_timeout, absl::ZeroDuration());
  EXPECT_EQ(options->lock_timeout, absl::Milliseconds(70));
  EXPECT_EQ(options->deadline, absl::Milliseconds(900));
  auto host = Host(*options, 0);
  EXPECT_EQ(host["sslmode"], "require");
  EXPECT_EQ(host["sslrootcert"], "/etc/ca.pem");
}

TEST(PostgresOptionsTest, EachHostIsTriedByItself) {
  auto options = ParsePostgresUrl("postgres://u@a:1,b:2,c:3/d");
  ASSERT_TRUE(options.ok()) << options.status();
  ASSERT_EQ(options->hosts.size(), 3u);
  EXPECT_EQ(Host(*options, 1)["host"], "b");
  EXPECT_EQ(Host(*options, 1)["port"], "2");
  EXPECT_EQ(Host(*options, 2)["host"], "c");
}

TEST(PostgresOptionsTest, RefusesBadValuesWithoutQuotingTheUrl) {
  for (const char* query :
       {"isolation=none", "prepared=yes", "pipeline=1", "writers=0",
        "writers=201", "readers=x", "schema=Bad", "schema=a;b",
        "schema=", "schema=1a", "deadline_ms=0", "deadline_ms=-5", "queue=",
        "statement_timeout_ms=9000&deadline_ms=9000", "no_such_parameter=1"}) {
    auto options =
        ParsePostgresUrl(std::string("postgres://u:topsecret@h/d?") + query);
    EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument)
        << query;
    EXPECT_EQ(options.status().message().find("topsecret"),
              absl::string_view::npos)
        << query;
  }
}

TEST(PostgresStatementTest, CountsParametersThatAreAllUsed) {
  EXPECT_EQ(CountParameters("SELECT 1"), 0u);
  EXPECT_EQ(CountParameters("SELECT $2, $1, $2"), 2u);
  EXPECT_EQ(CountParameters("SELECT '$9', \"$8\", $1"), 1u);
  EXPECT_EQ(CountParameters("SELECT $12"), std::nullopt);
  EXPECT_EQ(CountParameters("SELECT $0"), std::nullopt);
  EXPECT_EQ(CountParameters("SELECT $"), std::nullopt);
  EXPECT_EQ(CountParameters("SELECT $99999999999999999999"), std::nullopt);
}

TEST(PostgresStatementTest, TellsDdlAndStoringStatements) {
  EXPECT_TRUE(IsDdl(" create table t (a BIGINT)"));
  EXPECT_TRUE(IsDdl("ALTER TABLE t ADD COLUMN b TEXT"));
  EXPECT_FALSE(IsDdl("SELECT created FROM t"));
  EXPECT_TRUE(StoresParameters("INSERT INTO t (a) VALUES ($1)"));
  EXPECT_TRUE(StoresParameters("UPDATE t SET a = $1"));
  EXPECT_FALSE(StoresParameters("INSERT INTO t (a) SELECT $1"));
  EXPECT_FALSE(StoresParameters("SELECT $1"));
}

}  // namespace
}  // namespace shiming::sql
