// Goal: whatever an operator writes into a configuration file is either opened
// or refused by the name of the field, on both engines; and nothing is made in
// place of what was lost.
#include "storage/sql/configured_database.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/status/status_macros.h"
#include "storage/sql/migration.h"
#include "storage/testing/database_place.h"

namespace shiming::sql {
namespace {

using ::shiming::sql::testing::DatabasePlace;
using ::shiming::sql::testing::TempEngine;

config::v1::Database Config(const std::string& url, bool create = false) {
  config::v1::Database database;
  database.set_url(url);
  database.set_create(create);
  return database;
}

bool Contains(absl::string_view text, const std::string& part) {
  return text.find(part) != absl::string_view::npos;
}

TEST(ConfiguredDatabaseTest, TakesWhatBothDriversTake) {
  for (const char* url :
       {"sqlite:x.db", "sqlite:/var/lib/x y.db", "postgres://u@h/d",
        "postgresql://u@h1,h2:5433/d?schema=a&writers=2&sslmode=require",
        "postgres://u@/d?host=/run/postgresql&sslrootcert=/etc/ca.pem"}) {
    const absl::Status status = CheckDatabase("database", Config(url));
    EXPECT_TRUE(status.ok()) << url << " " << status;
  }
}

TEST(ConfiguredDatabaseTest, NamesTheFieldAndNeverQuotesTheUrl) {
  for (const char* url :
       {"", "sqlite", "sqlite:", "/var/topsecret.db", "mysql://topsecret@h/d",
        "Postgres://topsecret@h/d", "postgres://u:topsecret@[/d",
        "postgres://u:topsecret@h/d?isolation=none",
        "postgres://u:topsecret@h/d?schema=a;b",
        "postgres://u:topsecret@h/d?writers=0",
        "postgres://u:topsecret@h/d?no_such_parameter=1",
        "postgres://u:topsecret@h/d?sslrootcert=ca.pem",
        "postgres://u:topsecret@h/d?passfile=./pass",
        "postgres://u:topsecret@h1,h2,h3/d?port=1,2"}) {
    const absl::Status status = CheckDatabase("key_database", Config(url));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_TRUE(Contains(status.message(), "config: key_database.url: "))
        << status;
    EXPECT_FALSE(Contains(status.message(), "topsecret")) << status;
  }
  // What is wrong is said, too.
  EXPECT_TRUE(Contains(
      CheckDatabase("database", Config("postgres://h/d?isolation=none"))
          .message(),
      "isolation"));
  EXPECT_TRUE(
      Contains(CheckDatabase("database", Config("postgres://h/d?sslcert=a.crt"))
                   .message(),
               "sslcert"));
}

TEST(ConfiguredDatabaseTest, OnlyPathsOfFilesAreMadeWhole) {
  const std::pair<const char*, const char*> urls[] = {
      {"sqlite:db/x.db", "sqlite:/etc/shiming/db/x.db"},
      {"sqlite:/var/x.db", "sqlite:/var/x.db"},
      {"sqlite:", "sqlite:"},
      {"postgres://u@h/d?schema=a", "postgres://u@h/d?schema=a"},
      {"", ""}};
  for (const auto& [url, whole] : urls) {
    config::v1::Database database = Config(url, /*create=*/true);
    MakePathWhole("/etc/shiming/service.textproto", database);
    EXPECT_EQ(database.url(), whole);
    EXPECT_TRUE(database.create());
  }
}

TEST(ConfiguredDatabaseTest, TellsTwoNamesOfOneDatabase) {
  const std::pair<const char*, const char*> same[] = {
      {"sqlite:/a/x.db", "sqlite:/a/./b/../x.db"},
      {"postgres://u@h/d?schema=a", "postgresql://v@h:5432/d?schema=a"},
      {"postgres://u@h/d?schema=a&writers=2", "postgres://u@h/d?schema=a"},
      {"postgres://u@h1,h2/d?schema=a", "postgres://u@h2/d?schema=a"},
      {"postgres://u@h/d", "postgres://u@h/d?schema=public"},
      {"postgres://d@h", "postgres://u@h/d"},
      {"postgres://u@/d?host=/run", "postgres://u@/d?schema=public&host=/run"}};
  for (const auto& [one, other] : same) {
    EXPECT_TRUE(IsSameDatabase(Config(one), Config(other))) << one;
    EXPECT_TRUE(IsSameDatabase(Config(other), Config(one))) << one;
  }
  const std::pair<const char*, const char*> different[] = {
      {"sqlite:/a/x.db", "sqlite:/a/y.db"},
      {"sqlite:/a/x.db", "postgres://u@h/d"},
      {"postgres://u@h/d?schema=a", "postgres://u@h/d?schema=b"},
      {"postgres://u@h/d?schema=a", "postgres://u@h/e?schema=a"},
      {"postgres://u@h:1/d?schema=a", "postgres://u@h:2/d?schema=a"},
      {"postgres://u@h/d?schema=a", "postgres://u@i/d?schema=a"}};
  for (const auto& [one, other] : different) {
    EXPECT_FALSE(IsSameDatabase(Config(one), Config(other))) << one;
    EXPECT_FALSE(IsSameDatabase(Config(other), Config(one))) << one;
  }
}

constexpr Migration kSteps[] = {
    {1, "a",
     "CREATE TABLE IF NOT EXISTS a (id INT64 NOT NULL, PRIMARY KEY (id))",
     "SELECT id FROM a LIMIT 1"},
    {2, "a by id", "CREATE INDEX IF NOT EXISTS a_by_id ON a (id)",
     "SELECT id FROM a LIMIT 1"},
    {3, "n", "ALTER TABLE a ADD COLUMN n TEXT", "SELECT n FROM a LIMIT 1"}};

class OpenConfiguredTest : public ::testing::TestWithParam<TempEngine> {
 protected:
  absl::Status OpenAndMigrate(bool create) {
    ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                     OpenConfigured(Config(place_.url(), create),
                                    "profile_order", metrics_));
    return Migrate(*database, kSteps, "test");
  }

  DatabasePlace place_{GetParam()};
  Metrics metrics_;
};

TEST_P(OpenConfiguredTest, RefusesNothingThereUnlessToldToMakeIt) {
  const absl::Status refused = OpenAndMigrate(/*create=*/false);
  EXPECT_EQ(refused.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Contains(refused.message(), "database profile_order: "))
      << refused;
  ASSERT_TRUE(OpenAndMigrate(/*create=*/true).ok());
  EXPECT_TRUE(OpenAndMigrate(/*create=*/false).ok());
  EXPECT_TRUE(OpenAndMigrate(/*create=*/true).ok());
  place_.Lose();
  EXPECT_EQ(OpenAndMigrate(/*create=*/false).code(),
            absl::StatusCode::kNotFound);
}

TEST_P(OpenConfiguredTest, TheMetricsSayWhichEngine) {
  ASSERT_TRUE(OpenAndMigrate(/*create=*/true).ok());
  const char* engine =
      GetParam() == TempEngine::kSqlite ? "sqlite" : "postgres";
  EXPECT_EQ(metrics_
                .gauge("shiming_sql_engine_info", "",
                       {{"database", "profile_order"}, {"engine", engine}})
                .Value(),
            1);
}

TEST_P(OpenConfiguredTest, ACopyThatIsPutBackIsWhatWasKept) {
  const auto add = [this](int64_t id) {
    auto database =
        OpenConfigured(Config(place_.url()), "profile_order", metrics_);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_TRUE((*database)
                    ->WriteBlocking([id](Transaction& tx) {
                      return tx.ExecuteOne("INSERT INTO a (id) VALUES ($1)",
                                           {Value::Int(id)});
                    })
                    .ok());
  };
  ASSERT_TRUE(OpenAndMigrate(/*create=*/true).ok());
  add(1);
  place_.Keep("older");
  add(2);
  place_.PutBack("older");
  // Neither a step of the migrations nor a key is lost.
  ASSERT_TRUE(OpenAndMigrate(/*create=*/false).ok());
  add(2);
  auto database =
      OpenConfigured(Config(place_.url()), "profile_order", metrics_);
  ASSERT_TRUE(database.ok()) << database.status();
  EXPECT_FALSE((*database)
                   ->WriteBlocking([](Transaction& tx) {
                     return tx.ExecuteOne("INSERT INTO a (id) VALUES ($1)",
                                          {Value::Int(1)});
                   })
                   .ok());
}

INSTANTIATE_TEST_SUITE_P(Engines, OpenConfiguredTest,
                         ::testing::Values(TempEngine::kSqlite,
                                           TempEngine::kPostgres),
                         [](const auto& info) {
                           return info.param == TempEngine::kSqlite
                                      ? "Sqlite"
                                      : "Postgres";
                         });

// Goal: instances of a service that are started at once on a server where
// nothing is yet make one schema, and each step happens once. Method: threads,
// each with its own connections, round after round.
TEST(OpenConfiguredAtOnceTest, OneSchemaAndEachStepOnce) {
  constexpr int kInstances = 4;
  for (int round = 0; round < 5; ++round) {
    DatabasePlace place(TempEngine::kPostgres);
    Metrics metrics;
    std::vector<std::future<absl::Status>> starts;
    for (int i = 0; i < kInstances; ++i) {
      starts.push_back(std::async(std::launch::async, [&]() -> absl::Status {
        ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                         OpenConfigured(Config(place.url(), /*create=*/true),
                                        "profile_order", metrics));
        return Migrate(*database, kSteps, "test");
      }));
    }
    for (std::future<absl::Status>& start : starts) {
      const absl::Status status = start.get();
      EXPECT_TRUE(status.ok()) << status;
    }
    auto database =
        OpenConfigured(Config(place.url()), "profile_order", metrics);
    ASSERT_TRUE(database.ok()) << database.status();
    const absl::Status counted =
        (*database)->ReadBlocking([](Snapshot& snapshot) -> absl::Status {
          ASSIGN_OR_RETURN(
              const Rows steps,
              snapshot.Query("SELECT COUNT(*) FROM schema_migrations", {}));
          EXPECT_EQ(steps.at(0).Int(0), 3);
          return absl::OkStatus();
        });
    EXPECT_TRUE(counted.ok()) << counted;
  }
}

}  // namespace
}  // namespace shiming::sql
