// Goal: after a copy that lacks some verifications and erasures was repaired,
// a document leads to the person of the record, a reading serves once, and who
// was erased stays erased. Method: entries as the service writes them, a
// database that has not made them.
#include "services/identity_verification/store/repair.h"

#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "common/time/fake_clock.h"
#include "common/time/proto_time.h"
#include "services/identity_verification/store/key_store_check.h"
#include "services/identity_verification/store/migrations.h"
#include "services/identity_verification/store/sql_erasure_store.h"
#include "services/identity_verification/store/sql_verification_store.h"
#include "shiming/identity/v1/erasure_resources.pb.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/record_gap.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/testing/run.h"
#include "storage/testing/temp_database.h"

namespace shiming::identity_verification {
namespace {

using sql::Value;
namespace v1 = identity::v1;

class RepairTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MigrateMain(database()).ok());
    ASSERT_TRUE(MigrateKeys(keys_.database()).ok());
  }
  void TearDown() override { pool_.join(); }

  sql::Database& database() { return temp_.database(); }
  template <class T>
  T Run(boost::asio::awaitable<T> work) {
    return sql::testing::RunOn(pool_, std::move(work));
  }

  static std::string PersonId(int number) {
    return crypto::ToHex(crypto::Sha256(absl::StrCat("person ", number)))
        .substr(0, 32);
  }
  static std::string Alias(int document) {
    return crypto::Sha256(absl::StrCat("document ", document));
  }

  // The next entry of the record that the copy lacks.
  ledger::v1::Event& Add(ledger::v1::EventKind kind,
                         const std::string& aggregate) {
    outbox::GapEntry& entry = gap_.emplace_back();
    entry.index = static_cast<int64_t>(gap_.size());
    entry.sha256 = std::string(32, 'e');
    ledger::v1::Event& event = entry.event;
    event.set_format(1);
    event.set_kind(kind);
    event.mutable_id()->set_source("identity_verification");
    event.mutable_id()->set_aggregate(aggregate);
    event.mutable_id()->set_version(1);
    clock_.Advance(absl::Seconds(1));
    *event.mutable_time() = ToProto(clock_.Now());
    return event;
  }
  void Verified(int person, int document, bool with_alias = true) {
    const std::string id = crypto::ToHex(crypto::Sha256(absl::StrCat(
                                             "verification ", gap_.size())))
                               .substr(0, 32);
    ledger::v1::Event& event =
        Add(ledger::v1::EVENT_KIND_IDENTITY_VERIFIED, "verification/" + id);
    event.set_verification(id);
    event.set_person_id(PersonId(person));
    event.set_once_key("nonce/" + crypto::ToHex(crypto::Sha256(id)));
    if (with_alias) event.mutable_identity()->set_person_alias(Alias(document));
  }
  void Erased(int person) {
    ledger::v1::Event& event =
        Add(ledger::v1::EVENT_KIND_PERSON_ERASED, "person/" + PersonId(person));
    event.set_person_id(PersonId(person));
    event.set_once_key("erasure/" + PersonId(person));
    event.set_admin("/officer/two");
    event.mutable_erasure()->set_proposed_by("/officer/one");
    event.mutable_erasure()->set_digest(std::string(32, 'd'));
    event.mutable_erasure()->set_basis(v1::ERASURE_BASIS_PERSON_REQUEST);
    event.mutable_erasure()->set_last_backup_day("2027-02-01");
  }

  // A person whom the copy knows.
  void Know(int person, int document) {
    const std::string id = PersonId(person);
    const std::string alias = Alias(document);
    const absl::Status stored =
        database().WriteBlocking([&](sql::Transaction& tx) -> absl::Status {
          const absl::Status made = tx.ExecuteOne(
              "INSERT INTO persons (route, person_id, sealed_record, "
              "create_us, update_us) VALUES ($1, $2, $3, 1, 1)",
              {Value::Int(RouteOfId(id)), Value::Text(id),
               Value::Bytes("sealed")});
          if (!made.ok()) return made;
          return tx.ExecuteOne(
              "INSERT INTO person_aliases (alias_route, alias, person_id) "
              "VALUES ($1, $2, $3)",
              {Value::Int(RouteOfHash(alias)), Value::Bytes(alias),
               Value::Text(id)});
        });
    ASSERT_TRUE(stored.ok()) << stored;
  }

  absl::StatusOr<std::vector<std::string>> Repair(bool accept_unlinked = false,
                                                  int64_t earlier = 0) {
    absl::StatusOr<std::vector<std::string>> lines;
    const absl::Status repaired =
        database().WriteBlocking([&](sql::Transaction& tx) -> absl::Status {
          const absl::Status adopted = outbox::AdoptVersions(tx, gap_);
          if (!adopted.ok()) return adopted;
          lines = RepairDatabase(tx, gap_,
                                 {.now_us = ToMicros(clock_.Now()),
                                  .earlier_repairs = earlier,
                                  .accept_unlinked = accept_unlinked});
          return lines.status();
        });
    if (!repaired.ok()) return repaired;
    return lines;
  }

  std::optional<KnownPerson> Find(int document) {
    SqlVerificationStore store({.database = database(),
                                .outbox = outbox_,
                                .requests = requests_,
                                .committed = [] {}});
    const auto found = Run(store.FindPerson(Alias(document)));
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *found : std::nullopt;
  }
  std::vector<ErasureRecord> Tasks(int64_t after) {
    SqlErasureStore store({.database = database(),
                           .outbox = outbox_,
                           .requests = requests_,
                           .committed = [] {}});
    const auto tasks = Run(store.ListTasks(after, 100));
    EXPECT_TRUE(tasks.ok()) << tasks.status();
    return tasks.ok() ? *tasks : std::vector<ErasureRecord>();
  }
  int64_t UsedNonces() {
    int64_t count = -1;
    EXPECT_TRUE(database()
                    .ReadBlocking([&](sql::Snapshot& snapshot) -> absl::Status {
                      const auto rows = snapshot.Query(
                          "SELECT COUNT(*) FROM used_nonces", {});
                      if (!rows.ok()) return rows.status();
                      count = rows->front().Int(0);
                      return absl::OkStatus();
                    })
                    .ok());
    return count;
  }

  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  sql::testing::TempDatabase temp_;
  sql::testing::TempDatabase keys_;
  outbox::Outbox outbox_{{.source = "identity_verification", .clock = clock_}};
  requests::IdempotencyKeys requests_{{.clock = clock_}};
  boost::asio::thread_pool pool_{1};
  outbox::RecordGap gap_;
};

TEST_F(RepairTest, DocumentLeadsToThePersonOfTheRecord) {
  Verified(/*person=*/1, /*document=*/1);
  Verified(/*person=*/1, /*document=*/1);
  Verified(/*person=*/2, /*document=*/2);
  ASSERT_TRUE(Repair().ok());
  for (const int number : {1, 2}) {
    const std::optional<KnownPerson> found = Find(number);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->person_id, PersonId(number));
    EXPECT_TRUE(found->lost);
    EXPECT_FALSE(found->erasing);
  }
  EXPECT_EQ(UsedNonces(), 3);
  // The key store has no key for them, and that is no reason not to serve.
  EXPECT_TRUE(CheckKeysNotBehind(database(), keys_.database()).ok());
}

TEST_F(RepairTest, KnownPersonKeepsItsRecord) {
  Know(/*person=*/1, /*document=*/1);
  Verified(/*person=*/1, /*document=*/1);
  ASSERT_TRUE(Repair().ok());
  const std::optional<KnownPerson> found = Find(1);
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->lost);
}

TEST_F(RepairTest, ErasedStaysErasedAndIsATaskAgain) {
  Know(/*person=*/1, /*document=*/1);
  Erased(1);
  Verified(/*person=*/2, /*document=*/2);
  Erased(2);
  ASSERT_TRUE(Repair(/*accept_unlinked=*/false, /*earlier=*/1).ok());
  EXPECT_FALSE(Find(1).has_value());
  EXPECT_FALSE(Find(2).has_value());
  // Behind every number that was ever given.
  const std::vector<ErasureRecord> tasks = Tasks(int64_t{2} << 32);
  ASSERT_EQ(tasks.size(), 2u);
  for (const ErasureRecord& task : tasks) {
    EXPECT_EQ(task.state, v1::ERASURE_STATE_ERASED);
    EXPECT_EQ(task.approved_by, "/officer/two");
    EXPECT_EQ(task.last_backup_day, "2027-02-01");
  }
}

// Whoever comes back after an erasure is a new person, also where the two
// events reached the log in another order.
TEST_F(RepairTest, DocumentOfWhoWasErasedBelongsToTheNextPerson) {
  Know(/*person=*/1, /*document=*/1);
  Verified(/*person=*/2, /*document=*/1);
  Erased(1);
  ASSERT_TRUE(Repair().ok());
  const std::optional<KnownPerson> found = Find(1);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->person_id, PersonId(2));
}

TEST_F(RepairTest, PersonsWithoutAliasAreRefusedUnlessAccepted) {
  Verified(/*person=*/1, /*document=*/1, /*with_alias=*/false);
  EXPECT_EQ(Repair().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(UsedNonces(), 0);  // nothing was done
  const auto lines = Repair(/*accept_unlinked=*/true);
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_NE(lines->back().find("cannot be linked"), std::string::npos);
  EXPECT_FALSE(Find(1).has_value());
}

// A later entry of the same person that has the field is enough.
TEST_F(RepairTest, OneEntryWithAliasLinks) {
  Verified(/*person=*/1, /*document=*/1, /*with_alias=*/false);
  Verified(/*person=*/1, /*document=*/1);
  ASSERT_TRUE(Repair().ok());
  EXPECT_TRUE(Find(1).has_value());
}

TEST_F(RepairTest, OneDocumentOfTwoPersonsIsNotRepaired) {
  Know(/*person=*/1, /*document=*/1);
  Verified(/*person=*/2, /*document=*/1);
  EXPECT_FALSE(Repair().ok());
  EXPECT_EQ(Find(1)->person_id, PersonId(1));
}

}  // namespace
}  // namespace shiming::identity_verification
