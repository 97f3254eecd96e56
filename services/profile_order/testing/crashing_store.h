// An order store that is cut off from its database after some number of
// commits, as by kill -9.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_TESTING_CRASHING_STORE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_TESTING_CRASHING_STORE_H_

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/status/reason.h"
#include "services/profile_order/core/order_store.h"

namespace shiming::profile_order::testing {

// Every call after the crash fails with DATABASE_UNAVAILABLE. Thread-safe.
class CrashingStore final : public OrderStore {
 public:
  // `store` must outlive it.
  explicit CrashingStore(OrderStore& store) : store_(store) {}

  // Crashes when `commits` more changes are stored; negative: never.
  void CrashAfter(int commits) { left_ = commits; }
  bool crashed() const { return left_ == 0; }

  Awaitable<absl::StatusOr<std::optional<std::string>>> FindRequest(
      RequestKey key) override {
    if (crashed()) co_return Gone();
    co_return co_await store_.FindRequest(std::move(key));
  }
  Awaitable<absl::StatusOr<Order>> Create(NewOrder order) override {
    if (crashed()) co_return Gone();
    absl::StatusOr<Order> created = co_await store_.Create(std::move(order));
    if (created.ok()) Committed();
    co_return created;
  }
  Awaitable<absl::StatusOr<Order>> Get(std::string order_id) override {
    if (crashed()) co_return Gone();
    co_return co_await store_.Get(std::move(order_id));
  }
  Awaitable<absl::StatusOr<Updated>> Update(
      std::string order_id, Decide decide,
      std::optional<RequestKey> request) override {
    if (crashed()) co_return Gone();
    absl::StatusOr<Updated> updated = co_await store_.Update(
        std::move(order_id), std::move(decide), std::move(request));
    if (updated.ok() && updated->changed) Committed();
    co_return updated;
  }
  Awaitable<absl::StatusOr<NoticeOutcome>> AddNotice(
      DownloadNotice notice, int64_t received_us, DecideNotice decide,
      ledger::v1::Event stray) override {
    if (crashed()) co_return Gone();
    absl::StatusOr<NoticeOutcome> outcome = co_await store_.AddNotice(
        std::move(notice), received_us, std::move(decide), std::move(stray));
    if (outcome.ok() && !outcome->duplicate) Committed();
    co_return outcome;
  }
  Awaitable<absl::StatusOr<Updated>> ApplyPendingNotices(
      std::string order_id, DecideNotice decide) override {
    if (crashed()) co_return Gone();
    absl::StatusOr<Updated> updated = co_await store_.ApplyPendingNotices(
        std::move(order_id), std::move(decide));
    if (updated.ok() && updated->changed) Committed();
    co_return updated;
  }
  Awaitable<absl::StatusOr<std::vector<std::string>>> ListDue(
      int64_t now_us, int64_t limit) override {
    if (crashed()) co_return Gone();
    co_return co_await store_.ListDue(now_us, limit);
  }
  Awaitable<absl::StatusOr<std::vector<std::string>>> ListOfSession(
      std::string session_id) override {
    if (crashed()) co_return Gone();
    co_return co_await store_.ListOfSession(std::move(session_id));
  }
  Awaitable<absl::StatusOr<std::vector<std::string>>> ListLiveSessions(
      int64_t limit) override {
    if (crashed()) co_return Gone();
    co_return co_await store_.ListLiveSessions(limit);
  }
  Awaitable<absl::StatusOr<std::optional<Order>>> CurrentOfDisplay(
      std::string display) override {
    if (crashed()) co_return Gone();
    co_return co_await store_.CurrentOfDisplay(std::move(display));
  }
  Awaitable<absl::StatusOr<int64_t>> EndsCursor() override {
    if (crashed()) co_return Gone();
    co_return co_await store_.EndsCursor();
  }
  Awaitable<absl::Status> SetEndsCursor(int64_t cursor) override {
    if (crashed()) co_return Gone();
    co_return co_await store_.SetEndsCursor(cursor);
  }
  Awaitable<absl::StatusOr<int64_t>> HoldLease(LeaseClaim claim) override {
    if (crashed()) co_return Gone();
    co_return co_await store_.HoldLease(std::move(claim));
  }

 private:
  static absl::Status Gone() {
    return MakeError(Reason::DATABASE_UNAVAILABLE, "crashed");
  }
  void Committed() {
    if (left_ > 0) --left_;
  }

  OrderStore& store_;
  std::atomic<int> left_ = -1;
};

}  // namespace shiming::profile_order::testing

#endif  // SHIMING_SERVICES_PROFILE_ORDER_TESTING_CRASHING_STORE_H_
