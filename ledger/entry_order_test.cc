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

// A log that ends with LOG_FROZEN; the one that continues it.
class NextLogOrderTest : public EntryOrderTest {
 protected:
  void SetUp() override {
    EntryOrderTest::SetUp();
    v1::Event placed = Make("profile_order", "order/a", 1);
    placed.set_once_key("attestation/a");
    ASSERT_TRUE(Visit(placed).ok());
    v1::Event sealed = Make("issuance_ledger", "index/sealed", 1);
    sealed.set_kind(v1::EVENT_KIND_INDEX_SEALED);
    ASSERT_TRUE(Visit(sealed).ok());
  }

  void Freeze() {
    v1::Event frozen = Make("issuance_ledger", "log/1", 2);
    frozen.set_kind(v1::EVENT_KIND_LOG_FROZEN);
    ASSERT_TRUE(Visit(frozen).ok());
  }

  absl::Status BeginNextLog() {
    const absl::Status status = checker_.BeginNextLog(end_);
    if (status.ok()) next_ = 0;
    return status;
  }

  v1::Event Opened() const {
    v1::Event opened = Make("issuance_ledger", "log/2", 1);
    opened.set_kind(v1::EVENT_KIND_LOG_OPENED);
    opened.mutable_predecessor()->set_origin(end_.origin);
    opened.mutable_predecessor()->set_size(static_cast<int64_t>(end_.size));
    opened.mutable_predecessor()->set_root(end_.root);
    return opened;
  }

  // Of the first log; the checker compares it with what LOG_OPENED names.
  const Checkpoint end_{.origin = "log/1", .size = 4, .root = Hash(32, 'r')};
};

TEST_F(NextLogOrderTest, GoesOnWhereTheLastOneEnded) {
  EXPECT_FALSE(BeginNextLog().ok());
  Freeze();
  EXPECT_TRUE(HasReason(Visit(Make("profile_order", "order/a", 2)),
                        Reason::LEDGER_PROOF_INVALID));
  ASSERT_TRUE(BeginNextLog().ok());
  v1::Event other_end = Opened();
  other_end.mutable_predecessor()->set_size(3);
  EXPECT_TRUE(HasReason(Visit(other_end), Reason::LEDGER_PROOF_INVALID));
  ASSERT_TRUE(Visit(Opened()).ok());
  EXPECT_EQ(checker_.unseen_origin(), "");
  // Versions and once_keys hold on, our own events begin anew.
  EXPECT_FALSE(Visit(Make("profile_order", "order/a", 1)).ok());
  v1::Event again = Make("profile_order", "order/b", 1);
  again.set_once_key("attestation/a");
  EXPECT_FALSE(Visit(again).ok());
  v1::Event sealed = Make("issuance_ledger", "index/sealed", 1);
  sealed.set_kind(v1::EVENT_KIND_INDEX_SEALED);
  EXPECT_TRUE(Visit(sealed).ok());
  v1::Event follows = Make("profile_order", "order/a", 2);
  *follows.add_after() = Make("profile_order", "order/a", 1).id();
  EXPECT_TRUE(Visit(follows).ok());
}

TEST_F(NextLogOrderTest, AloneItSaysWhatItDidNotSee) {
  checker_ = EntryOrderChecker();
  next_ = 0;
  ASSERT_TRUE(Visit(Opened()).ok());
  EXPECT_EQ(checker_.unseen_origin(), "log/1");
  v1::Event follows = Make("profile_order", "order/a", 7);
  *follows.add_after() = Make("terminal_session", "session/a", 1).id();
  EXPECT_TRUE(Visit(follows).ok());
  EXPECT_FALSE(Visit(Make("profile_order", "order/a", 9)).ok());
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
