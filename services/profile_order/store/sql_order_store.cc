#include "services/profile_order/store/sql_order_store.h"

#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/profile_order/store/change_rows.h"
#include "services/profile_order/store/cursor_rows.h"
#include "services/profile_order/store/lease_rows.h"
#include "services/profile_order/store/notice_rows.h"
#include "services/profile_order/store/order_rows.h"
#include "services/profile_order/store/stock_rows.h"
#include "storage/sql/sql_error.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

// More orders than this are not open in one session.
constexpr int64_t kMaxOfSession = 100;
constexpr char kCursorName[] = "ends";

Value Text(std::string_view text) { return Value::Text(std::string(text)); }

requests::RequestKey KeyOf(const RequestKey& key) {
  return {
      .caller = key.caller, .method = key.method, .request_id = key.request_id};
}

// The display's newest order.
absl::Status PointDisplay(sql::Transaction& tx, const Order& order) {
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      tx.InsertIgnore("INSERT INTO display_orders (display, order_id) "
                      "VALUES ($1, $2)",
                      {Text(order.display), Text(order.order_id)}));
  if (inserted == 1) return absl::OkStatus();
  return tx.ExecuteOne(
      "UPDATE display_orders SET order_id = $1 WHERE display = $2",
      {Text(order.order_id), Text(order.display)});
}

absl::StatusOr<std::vector<std::string>> TextsOf(
    absl::StatusOr<sql::Rows> rows) {
  if (!rows.ok()) return rows.status();
  std::vector<std::string> texts;
  for (const sql::Row& row : *rows) texts.push_back(row.Text(0));
  return texts;
}

}  // namespace

Awaitable<absl::StatusOr<std::optional<std::string>>>
SqlOrderStore::FindRequest(RequestKey key) {
  auto fn = [this, key = std::move(key)](sql::Snapshot& snapshot)
      -> absl::StatusOr<std::optional<std::string>> {
    return requests_.Find(snapshot, KeyOf(key), key.content_hash);
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::StatusOr<Order>> SqlOrderStore::Create(NewOrder order) {
  auto fn = [this, wanted = std::move(order)](sql::Transaction& tx) {
    return CreateInside(tx, wanted);
  };
  co_return co_await database_.WriteValue(std::move(fn));
}

absl::StatusOr<int64_t> SqlOrderStore::ChangeNumberOf(
    sql::Transaction& tx, std::string_view order_id) const {
  // Nobody else reads a file of our own: the hub wakes the streams.
  if (!database_.is_shared()) return 0;
  return NextChangeNumber(tx, RouteOf(order_id));
}

// Locks in the order of portable SQL, section 4: the route's head, then person,
// attestation, order, outbox, EID, number, ICCID; here number and ICCID come
// before the order's row, which holds them.
absl::StatusOr<Order> SqlOrderStore::CreateInside(
    sql::Transaction& tx, const NewOrder& wanted) const {
  Order order = wanted.order;
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier,
      requests_.Claim(tx, KeyOf(wanted.request), wanted.request.content_hash,
                      order.order_id));
  if (earlier.has_value()) return ReadOrder(tx, *earlier);

  ASSIGN_OR_RETURN(order.change_number, ChangeNumberOf(tx, order.order_id));
  ASSIGN_OR_RETURN(const int64_t person_live,
                   AddToPerson(tx, order.person_id, wanted.numbers_elsewhere,
                               wanted.person_limit));
  ASSIGN_OR_RETURN(
      const int64_t spent,
      tx.InsertIgnore(
          "INSERT INTO attestations_spent (route, attestation_id, order_id, "
          "spent_us) VALUES ($1, $2, $3, $4)",
          {Value::Int(RouteOf(order.person_id)), Text(order.attestation_id),
           Text(order.order_id), Value::Int(wanted.now_us)}));
  if (spent != 1) {
    return MakeError(Reason::ATTESTATION_USED,
                     "the attestation has made another order");
  }
  ASSIGN_OR_RETURN(
      const int64_t eid_live,
      AddToEid(tx, order.eid, wanted.eid_pseudonym, wanted.eid_limit));
  ASSIGN_OR_RETURN(order.msisdn, AssignNumber(tx, order, wanted.now_us));
  ASSIGN_OR_RETURN(const TakenIccid taken, TakeIccid(tx, order, wanted.pick));
  order.iccid = taken.iccid;
  order.smdp = taken.smdp;
  ASSIGN_OR_RETURN(ledger::v1::Event placed,
                   wanted.finish(order, person_live, eid_live));
  order.version = 1;
  RETURN_IF_ERROR(InsertOrder(tx, order));
  RETURN_IF_ERROR(outbox_.Add(tx, std::move(placed)).status());
  RETURN_IF_ERROR(PointDisplay(tx, order));
  return order;
}

Awaitable<absl::StatusOr<Order>> SqlOrderStore::Get(std::string order_id) {
  auto fn = [order_id = std::move(order_id)](sql::Snapshot& snapshot) {
    return ReadOrder(snapshot, order_id);
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

absl::StatusOr<Order> SqlOrderStore::Apply(sql::Transaction& tx,
                                           const Order& before,
                                           Change change) const {
  Order& after = change.order;
  ASSIGN_OR_RETURN(after.change_number, ChangeNumberOf(tx, after.order_id));
  for (ledger::v1::Event& event : change.events) {
    const ledger::v1::EventKind kind = event.kind();
    if (kind == ledger::v1::EVENT_KIND_CODE_REVEALED) {
      // Its bytes are sent again at each repeat of the reveal.
      RETURN_IF_ERROR(outbox_.KeepUntilEnded(tx, AggregateOf(after.order_id)));
    }
    ASSIGN_OR_RETURN(const ledger::v1::EventId id,
                     outbox_.Add(tx, std::move(event)));
    if (kind == ledger::v1::EVENT_KIND_ORDER_READY) {
      after.ready_version = id.version();
    } else if (kind == ledger::v1::EVENT_KIND_CODE_REVEALED) {
      after.revealed_version = id.version();
    }
  }
  if (IsEnd(after.state) && !IsEnd(before.state)) {
    RETURN_IF_ERROR(outbox_.Release(tx, AggregateOf(after.order_id)));
  }
  after.version = before.version + 1;
  RETURN_IF_ERROR(UpdateOrder(tx, before, after));
  RETURN_IF_ERROR(StoreEffects(tx, change));
  if (change.observation.has_value()) {
    RETURN_IF_ERROR(InsertObservation(tx, after, *change.observation));
  }
  after.ended_call.reset();
  return std::move(after);
}

absl::StatusOr<Updated> SqlOrderStore::UpdateInside(
    sql::Transaction& tx, const std::string& order_id,
    const Decide& decide) const {
  ASSIGN_OR_RETURN(Order before, ReadOrder(tx, order_id));
  Updated updated{.state_before = before.state,
                  .state_us_before = before.state_us};
  ASSIGN_OR_RETURN(std::optional<Change> change, decide(before));
  if (!change.has_value()) {
    updated.order = std::move(before);
    return updated;
  }
  updated.changed = true;
  ASSIGN_OR_RETURN(updated.order, Apply(tx, before, *std::move(change)));
  return updated;
}

Awaitable<absl::StatusOr<Updated>> SqlOrderStore::Update(
    std::string order_id, Decide decide, std::optional<RequestKey> request) {
  auto fn = [this, order_id = std::move(order_id), decide = std::move(decide),
             request = std::move(request)](
                sql::Transaction& tx) -> absl::StatusOr<Updated> {
    if (request.has_value()) {
      ASSIGN_OR_RETURN(const std::optional<std::string> earlier,
                       requests_.Claim(tx, KeyOf(*request),
                                       request->content_hash, order_id));
      if (earlier.has_value()) {  // done before: its present state
        ASSIGN_OR_RETURN(Order order, ReadOrder(tx, order_id));
        const OrderState state = order.state;
        return Updated{.state_before = state, .order = std::move(order)};
      }
    }
    return UpdateInside(tx, order_id, decide);
  };
  co_return co_await database_.WriteValue(std::move(fn));
}

absl::StatusOr<NoticeOutcome> SqlOrderStore::AddNoticeInside(
    sql::Transaction& tx, const DownloadNotice& notice, int64_t received_us,
    const DecideNotice& decide, const ledger::v1::Event& stray) const {
  NoticeOutcome outcome;
  ASSIGN_OR_RETURN(const std::optional<std::string> order_id,
                   OrderOfIccid(tx, notice.iccid, notice.smdp_peer));
  if (!order_id.has_value()) {
    ASSIGN_OR_RETURN(const bool added,
                     InsertNotice(tx, notice, "", received_us, false));
    outcome.duplicate = !added;
    outcome.stray = true;
    if (added) {
      RETURN_IF_ERROR(outbox_.Add(tx, stray).status());
    }
    return outcome;
  }
  ASSIGN_OR_RETURN(const Order before, ReadOrder(tx, *order_id));
  const bool keep = before.state == OrderState::kRevealing;
  ASSIGN_OR_RETURN(const bool added,
                   InsertNotice(tx, notice, *order_id, received_us, keep));
  if (!added) {
    outcome.duplicate = true;
    return outcome;
  }
  const Decide apply =
      [&](const Order& order) -> absl::StatusOr<std::optional<Change>> {
    if (!keep) return decide(order, notice);
    if (order.notices_pending) return std::nullopt;
    Change change{.order = order};
    change.order.notices_pending = true;
    return change;
  };
  ASSIGN_OR_RETURN(outcome.updated, UpdateInside(tx, *order_id, apply));
  return outcome;
}

Awaitable<absl::StatusOr<NoticeOutcome>> SqlOrderStore::AddNotice(
    DownloadNotice notice, int64_t received_us, DecideNotice decide,
    ledger::v1::Event stray) {
  auto fn = [this, notice = std::move(notice), received_us,
             decide = std::move(decide),
             stray = std::move(stray)](sql::Transaction& tx) {
    return AddNoticeInside(tx, notice, received_us, decide, stray);
  };
  co_return co_await database_.WriteValue(std::move(fn));
}

absl::StatusOr<Updated> SqlOrderStore::ApplyPendingInside(
    sql::Transaction& tx, const std::string& order_id,
    const DecideNotice& decide) const {
  ASSIGN_OR_RETURN(Order order, ReadOrder(tx, order_id));
  Updated updated{.state_before = order.state,
                  .state_us_before = order.state_us};
  if (!order.notices_pending || order.state == OrderState::kRevealing) {
    updated.order = std::move(order);
    return updated;
  }
  ASSIGN_OR_RETURN(const std::vector<DownloadNotice> notices,
                   ReadPendingNotices(tx, order_id));
  for (const DownloadNotice& notice : notices) {
    ASSIGN_OR_RETURN(std::optional<Change> change, decide(order, notice));
    if (!change.has_value()) continue;
    ASSIGN_OR_RETURN(order, Apply(tx, order, *std::move(change)));
  }
  RETURN_IF_ERROR(MarkNoticesApplied(tx, order_id));
  Change done{.order = order};
  done.order.notices_pending = false;
  updated.changed = true;
  ASSIGN_OR_RETURN(updated.order, Apply(tx, order, std::move(done)));
  return updated;
}

Awaitable<absl::StatusOr<Updated>> SqlOrderStore::ApplyPendingNotices(
    std::string order_id, DecideNotice decide) {
  auto fn = [this, order_id = std::move(order_id),
             decide = std::move(decide)](sql::Transaction& tx) {
    return ApplyPendingInside(tx, order_id, decide);
  };
  co_return co_await database_.WriteValue(std::move(fn));
}

Awaitable<absl::StatusOr<std::vector<std::string>>> SqlOrderStore::ListDue(
    int64_t now_us, int64_t limit) {
  auto fn = [now_us, limit](sql::Snapshot& snapshot) {
    return TextsOf(
        snapshot.Query("SELECT order_id FROM orders WHERE due_us <= $1 "
                       "ORDER BY due_us LIMIT $2",
                       {Value::Int(now_us), Value::Int(limit)}));
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::StatusOr<std::vector<std::string>>>
SqlOrderStore::ListOfSession(std::string session_id) {
  auto fn = [session_id = std::move(session_id)](sql::Snapshot& snapshot) {
    return TextsOf(snapshot.Query(
        "SELECT order_id FROM orders WHERE session_id = $1 AND live = $2 "
        "ORDER BY order_id LIMIT $3",
        {Text(session_id), Value::Int(1), Value::Int(kMaxOfSession)}));
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::StatusOr<std::vector<std::string>>>
SqlOrderStore::ListLiveSessions(int64_t limit) {
  auto fn = [limit](sql::Snapshot& snapshot) {
    return TextsOf(snapshot.Query(
        "SELECT session_id FROM orders WHERE live = $1 AND session_over = $2 "
        "ORDER BY session_id LIMIT $3",
        {Value::Int(1), Value::Int(0), Value::Int(limit)}));
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::StatusOr<std::optional<Order>>> SqlOrderStore::CurrentOfDisplay(
    std::string display) {
  auto fn =
      [display = std::move(display)](
          sql::Snapshot& snapshot) -> absl::StatusOr<std::optional<Order>> {
    ASSIGN_OR_RETURN(
        const std::optional<sql::Row> row,
        snapshot.QueryAtMostOne(
            "SELECT order_id FROM display_orders WHERE display = $1",
            {Text(display)}));
    if (!row.has_value()) return std::nullopt;
    ASSIGN_OR_RETURN(Order order, ReadOrder(snapshot, row->Text(0)));
    if (order.session_over || IsEnd(order.state)) return std::nullopt;
    return order;
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::StatusOr<int64_t>> SqlOrderStore::EndsCursor() {
  auto fn = [](sql::Snapshot& snapshot) {
    return ReadCursor(snapshot, kCursorName);
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::Status> SqlOrderStore::SetEndsCursor(int64_t cursor) {
  auto fn = [cursor](sql::Transaction& tx) {
    return MoveCursor(tx, kCursorName, cursor);
  };
  co_return co_await database_.Write(std::move(fn));
}

Awaitable<absl::StatusOr<int64_t>> SqlOrderStore::HoldLease(LeaseClaim claim) {
  auto fn = [claim = std::move(claim)](sql::Transaction& tx) {
    return HoldLeaseIn(tx, claim);
  };
  co_return co_await database_.WriteValue(std::move(fn));
}

}  // namespace shiming::profile_order
