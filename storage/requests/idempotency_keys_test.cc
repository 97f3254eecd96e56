#include "storage/requests/idempotency_keys.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/fake_clock.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "storage/testing/run.h"
#include "storage/testing/temp_database.h"

namespace shiming::requests {
namespace {

using ::shiming::sql::testing::RunAll;
using ::shiming::sql::testing::TempDatabase;
using Result = absl::StatusOr<std::optional<std::string>>;

class IdempotencyKeysTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sql::Migrate(temp_.database(), IdempotencyKeys::Migrations(),
                             IdempotencyKeys::kSchema)
                    .ok());
  }

  Result Claim(const RequestKey& key, const std::string& hash,
               const std::string& result_id) {
    Result result;
    absl::Status status = temp_.database().WriteBlocking(
        [&](sql::Transaction& tx) -> absl::Status {
          result = keys_.Claim(tx, key, hash, result_id);
          return result.status();
        });
    if (!status.ok()) return status;
    return result;
  }

  int64_t DeleteExpired(int64_t limit) {
    int64_t count = -1;
    EXPECT_TRUE(temp_.database()
                    .WriteBlocking([&](sql::Transaction& tx) -> absl::Status {
                      ASSIGN_OR_RETURN(count, keys_.DeleteExpired(tx, limit));
                      return absl::OkStatus();
                    })
                    .ok());
    return count;
  }

  TempDatabase temp_;
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  IdempotencyKeys keys_{{.clock = clock_}};
  const RequestKey key_ = {"spiffe://t/terminal/s/1", "/m/A",
                           "7d9f1c1e-0000-4000-8000-000000000001"};
};

TEST_F(IdempotencyKeysTest, ARepeatGetsTheFirstResult) {
  Result first = Claim(key_, "hash", "order1");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*first, std::nullopt);
  Result repeat = Claim(key_, "hash", "order2");
  ASSERT_TRUE(repeat.ok());
  EXPECT_EQ(*repeat, "order1");
}

TEST_F(IdempotencyKeysTest, OtherContentIsRefused) {
  ASSERT_TRUE(Claim(key_, "hash", "order1").ok());
  EXPECT_TRUE(HasReason(Claim(key_, "other", "order2").status(),
                        Reason::REQUEST_ID_REUSED));
}

TEST_F(IdempotencyKeysTest, CallersAndMethodsDoNotMeet) {
  RequestKey other_caller = key_;
  other_caller.caller = "spiffe://t/terminal/s/2";
  RequestKey other_method = key_;
  other_method.method = "/m/B";
  for (const RequestKey& key : {key_, other_caller, other_method}) {
    Result result = Claim(key, "hash", "x");
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(*result, std::nullopt);
  }
}

TEST_F(IdempotencyKeysTest, ARequestThatFailedIsNotRemembered) {
  absl::Status status =
      temp_.database().WriteBlocking([&](sql::Transaction& tx) -> absl::Status {
        RETURN_IF_ERROR(keys_.Claim(tx, key_, "hash", "x").status());
        return MakeError(Reason::NOT_FOUND, "refused");
      });
  EXPECT_TRUE(HasReason(status, Reason::NOT_FOUND));
  Result again = Claim(key_, "hash", "y");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, std::nullopt);
}

TEST_F(IdempotencyKeysTest, OneOfManyAtOnceMakesIt) {
  std::vector<boost::asio::awaitable<Result>> work;
  for (int i = 0; i < 32; ++i) {
    work.push_back(temp_.database().WriteValue([this, i](sql::Transaction& tx) {
      return keys_.Claim(tx, key_, "hash", "order" + std::to_string(i));
    }));
  }
  int made = 0;
  std::set<std::string> seen;
  for (const Result& result : RunAll(std::move(work))) {
    ASSERT_TRUE(result.ok()) << result.status();
    if (result->has_value()) {
      seen.insert(**result);
    } else {
      ++made;
    }
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(seen.size(), 1u);
}

TEST_F(IdempotencyKeysTest, ForgetsAfter24HoursAndNotBefore) {
  for (int i = 0; i < 5; ++i) {
    RequestKey key = key_;
    key.request_id += std::to_string(i);
    ASSERT_TRUE(Claim(key, "hash", "x").ok());
  }
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(DeleteExpired(3), 0);
  clock_.Advance(absl::Microseconds(1));
  EXPECT_EQ(DeleteExpired(3), 3);
  EXPECT_EQ(DeleteExpired(3), 2);
  EXPECT_EQ(DeleteExpired(3), 0);
}

TEST(ContentHashTest, DependsOnContentAndKey) {
  const crypto::Secret key("k1");
  const crypto::Secret other_key("k2");
  ledger::v1::EventId id;
  id.set_aggregate("order/1");
  ledger::v1::EventId other = id;
  other.set_version(2);
  EXPECT_EQ(ContentHash(key, id), ContentHash(key, id));
  EXPECT_NE(ContentHash(key, id), ContentHash(key, other));
  EXPECT_NE(ContentHash(key, id), ContentHash(other_key, id));
}

}  // namespace
}  // namespace shiming::requests
