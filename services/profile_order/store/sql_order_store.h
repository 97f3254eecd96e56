// OrderStore on storage/sql.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_ORDER_STORE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_ORDER_STORE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/profile_order/core/order_store.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// Thread-safe. All that it is given must outlive it.
class SqlOrderStore final : public OrderStore {
 public:
  SqlOrderStore(sql::Database& database, const outbox::Outbox& outbox,
                const requests::IdempotencyKeys& requests)
      : database_(database), outbox_(outbox), requests_(requests) {}

  Awaitable<absl::StatusOr<std::optional<std::string>>> FindRequest(
      RequestKey key) override;
  Awaitable<absl::StatusOr<Order>> Create(NewOrder order) override;
  Awaitable<absl::StatusOr<Order>> Get(std::string order_id) override;
  Awaitable<absl::StatusOr<Updated>> Update(
      std::string order_id, Decide decide,
      std::optional<RequestKey> request) override;
  Awaitable<absl::StatusOr<NoticeOutcome>> AddNotice(
      DownloadNotice notice, int64_t received_us, DecideNotice decide,
      ledger::v1::Event stray) override;
  Awaitable<absl::StatusOr<Updated>> ApplyPendingNotices(
      std::string order_id, DecideNotice decide) override;
  Awaitable<absl::StatusOr<std::vector<std::string>>> ListDue(
      int64_t now_us, int64_t limit) override;
  Awaitable<absl::StatusOr<std::vector<std::string>>> ListOfSession(
      std::string session_id) override;
  Awaitable<absl::StatusOr<std::vector<std::string>>> ListLiveSessions(
      int64_t limit) override;
  Awaitable<absl::StatusOr<std::optional<Order>>> CurrentOfDisplay(
      std::string display) override;
  Awaitable<absl::StatusOr<int64_t>> EndsCursor() override;
  Awaitable<absl::Status> SetEndsCursor(int64_t cursor) override;
  Awaitable<absl::StatusOr<int64_t>> HoldLease(LeaseClaim claim) override;

 private:
  absl::StatusOr<Order> CreateInside(sql::Transaction& tx,
                                     const NewOrder& wanted) const;
  // The order's next number where other processes look for changes, else 0.
  absl::StatusOr<int64_t> ChangeNumberOf(sql::Transaction& tx,
                                         std::string_view order_id) const;
  // Events, row, effects: all of one transition.
  absl::StatusOr<Order> Apply(sql::Transaction& tx, const Order& before,
                              Change change) const;
  absl::StatusOr<Updated> UpdateInside(sql::Transaction& tx,
                                       const std::string& order_id,
                                       const Decide& decide) const;
  absl::StatusOr<NoticeOutcome> AddNoticeInside(
      sql::Transaction& tx, const DownloadNotice& notice, int64_t received_us,
      const DecideNotice& decide, const ledger::v1::Event& stray) const;
  absl::StatusOr<Updated> ApplyPendingInside(sql::Transaction& tx,
                                             const std::string& order_id,
                                             const DecideNotice& decide) const;

  sql::Database& database_;
  const outbox::Outbox& outbox_;
  const requests::IdempotencyKeys& requests_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_ORDER_STORE_H_
