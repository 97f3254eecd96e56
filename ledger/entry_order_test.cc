#include "ledger/entry_order.h"

#include <string>

#include "common/status/reason.h"
#include "gtest/gtest.h"
#include "ledger/entry.h"

namespace shiming::ledger {
namespace {

class EntryOrderTest : public testing::Test {
 protected:
  void SetUp() override {
    v1::Event opened = Make("issuance_ledger", "log/1", 1);
    opened.set_kind(v1::EVENT_KIND_LOG_OPENED);
    ASSERT_TRUE(Visit(opened).ok());
  }

  static v1::Event Make(const std::string& source, const std::string& aggregate,
                        int64_t version) {
    v1::Event event;
    event.set_format(kEntryFormat);
    event.mutable_id()->set_source(source);
    event.mutable_id()->set_aggregate(aggregate);
    event.mutable_id()->set_version(version);
    event.set_kind(v1::EVENT_KIND_ORDER_PLACED);
    event.mutable_time()->set_seconds(1700000000);
    return event;
  }

  absl::Status Visit(const v1::Event& event) {
    const absl::Status status = checker_.Visit(next_, SerializeEvent(event));
    if (status.ok()) ++next_;
    return status;
  }

  EntryOrderChecker checker_;
  uint64_t next_ = 0;
};

TEST_F(EntryOrderTest, AcceptsWhatTheLedgerWould) {
  EXPECT_TRUE(Visit(Make("profile_order", "order/a", 1)).ok());
  v1::Event next = Make("profile_order", "order/a", 2);
  *next.add_after() = Make("profile_order", "order/a", 1).id();
  next.set_once_key("reveal/a");
  EXPECT_TRUE(Visit(next).ok());
}

TEST_F(EntryOrderTest, RefusesWhatTheLedgerWouldNot) {
  const auto refused = [&](const v1::Event& event) {
    return HasReason(Visit(event), Reason::LEDGER_PROOF_INVALID);
  };
  EXPECT_TRUE(refused(Make("profile_order", "order/a", 2)));
  v1::Event early = Make("profile_order", "order/b", 1);
  *early.add_after() = Make("profile_order", "order/never", 1).id();
  EXPECT_TRUE(refused(early));
  v1::Event once = Make("profile_order", "order/c", 1);
  once.set_once_key("reveal/c");
  EXPECT_TRUE(Visit(once).ok());
  v1::Event again = Make("profile_order", "order/c", 2);
  again.set_once_key("reveal/c");
  EXPECT_TRUE(refused(again));
  v1::Event opened = Make("issuance_ledger", "log/2", 1);
  opened.set_kind(v1::EVENT_KIND_LOG_OPENED);
  EXPECT_TRUE(refused(opened));
  EXPECT_TRUE(HasReason(Visit(Make("terminal_session", "order/d", 1)),
                        Reason::LEDGER_WRONG_SOURCE));
  EXPECT_TRUE(
      HasReason(checker_.Visit(next_, "junk"), Reason::LEDGER_MALFORMED_ENTRY));
  EXPECT_FALSE(checker_.Visit(next_ + 5, "").ok());
}

TEST(EntryOrderCheckerTest, FirstEntryMustOpenTheLog) {
  v1::Event event;
  event.set_format(kEntryFormat);
  event.mutable_id()->set_source("profile_order");
  event.mutable_id()->set_aggregate("order/a");
  event.mutable_id()->set_version(1);
  event.set_kind(v1::EVENT_KIND_ORDER_PLACED);
  event.mutable_time()->set_seconds(1700000000);
  EXPECT_FALSE(EntryOrderChecker().Visit(0, SerializeEvent(event)).ok());
}

}  // namespace
}  // namespace shiming::ledger
