// Where orders live. Written in domain words; store/ implements it on SQL.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_STORE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_STORE_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/profile_order/core/notice.h"
#include "services/profile_order/core/order.h"

namespace shiming::profile_order {

template <class T>
using Awaitable = boost::asio::awaitable<T>;

// A mutating request, for idempotency (DESIGN 6): kept 24 hours.
struct RequestKey {
  std::string caller;  // SPIFFE id
  std::string method;
  std::string request_id;
  std::string content_hash;  // keyed hash of the content, 32 bytes
};

// What CreateOrder stores. Everything else is decided inside the transaction.
struct NewOrder {
  RequestKey request;
  // Complete but for msisdn, iccid, smdp and what depends on them.
  Order order;
  int64_t numbers_elsewhere = 0;
  std::string eid_pseudonym;  // of order.eid, 32 bytes
  int64_t person_limit = 5;
  int64_t eid_limit = 2;
  int64_t now_us = 0;
  // A random place in the ICCID stock to begin at.
  int64_t pick = 0;
  // Called with number, ICCID and SM-DP+ set: finishes the order and drafts
  // ORDER_PLACED. May run again.
  std::function<absl::StatusOr<ledger::v1::Event>(
      Order& order, int64_t person_live, int64_t eid_live)>
      finish;
};

// An order before and after an update.
struct Updated {
  OrderState state_before = OrderState::kOrdering;
  int64_t state_us_before = 0;
  bool changed = false;
  Order order;  // present state
};

// What became of a notice.
struct NoticeOutcome {
  bool duplicate = false;
  bool stray = false;              // no order of this peer
  std::optional<Updated> updated;  // absent when stray or a duplicate
};

// A right that one instance has at a time.
struct LeaseClaim {
  std::string name;
  std::string holder;  // the instance
  int64_t epoch = 0;   // under which it is held already; 0: it is not
  int64_t now_us = 0;
  int64_t until_us = 0;
};

// Decides on a transition; nullopt for none. May run more than once.
using Decide =
    std::function<absl::StatusOr<std::optional<Change>>(const Order&)>;
using DecideNotice = std::function<absl::StatusOr<std::optional<Change>>(
    const Order&, const DownloadNotice&)>;

// Thread-safe. Every change of an order is one transaction with its events, a
// compare-and-swap on the order's version. Errors of the database are
// UNAVAILABLE (DATABASE_UNAVAILABLE) or INTERNAL.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  // The thing that an earlier request with this key made. REQUEST_ID_REUSED
  // for other content.
  virtual Awaitable<absl::StatusOr<std::optional<std::string>>> FindRequest(
      RequestKey key) = 0;

  // Step 5: limits, attestation, order, event, number and ICCID at once or not
  // at all. PERSON_LIMIT_REACHED, EID_LIMIT_REACHED, ATTESTATION_USED,
  // RESERVATION_EXPIRED, ICCID_OUT_OF_STOCK; PERSON_IS_ERASED. Repeated: the
  // order it made.
  virtual Awaitable<absl::StatusOr<Order>> Create(NewOrder order) = 0;

  // NOT_FOUND (ORDER_UNKNOWN).
  virtual Awaitable<absl::StatusOr<Order>> Get(std::string order_id) = 0;

  // Reads, decides, stores. `request`, if given, is claimed with it.
  virtual Awaitable<absl::StatusOr<Updated>> Update(
      std::string order_id, Decide decide,
      std::optional<RequestKey> request = std::nullopt) = 0;

  // Stores a notice once and applies it, or keeps it while the order is
  // REVEALING. `stray` is the event for a notice of no order of its peer.
  virtual Awaitable<absl::StatusOr<NoticeOutcome>> AddNotice(
      DownloadNotice notice, int64_t received_us, DecideNotice decide,
      ledger::v1::Event stray) = 0;
  // Applies what was kept while REVEALING.
  virtual Awaitable<absl::StatusOr<Updated>> ApplyPendingNotices(
      std::string order_id, DecideNotice decide) = 0;

  // Orders that are due at `now_us`, oldest first.
  virtual Awaitable<absl::StatusOr<std::vector<std::string>>> ListDue(
      int64_t now_us, int64_t limit) = 0;
  // Orders of a session that have not ended.
  virtual Awaitable<absl::StatusOr<std::vector<std::string>>> ListOfSession(
      std::string session_id) = 0;
  // Sessions of orders that a session's end would cancel.
  virtual Awaitable<absl::StatusOr<std::vector<std::string>>> ListLiveSessions(
      int64_t limit) = 0;
  // The newest order of a display, if its session is not over.
  virtual Awaitable<absl::StatusOr<std::optional<Order>>> CurrentOfDisplay(
      std::string display) = 0;

  // Where WatchEnds goes on; 0 at first.
  virtual Awaitable<absl::StatusOr<int64_t>> EndsCursor() = 0;
  virtual Awaitable<absl::Status> SetEndsCursor(int64_t cursor) = 0;

  // Takes or renews a right; gives the epoch under which it is held, or 0 when
  // another holds it. A right that is taken has a higher epoch than ever
  // before, a renewed one its own. The same holder takes its own at once. Who
  // must be sure that nobody has taken it since does what it is for in a
  // transaction that names the epoch.
  virtual Awaitable<absl::StatusOr<int64_t>> HoldLease(LeaseClaim claim) = 0;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_STORE_H_
