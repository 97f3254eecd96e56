#include "services/profile_order/store/testing/violations.h"

#include <functional>
#include <map>
#include <set>
#include <utility>

#include "common/status/check.h"
#include "common/status/status_macros.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::profile_order::testing {
namespace {

using sql::Row;

// DESIGN 4, Counting: five numbers a person, two an EID.
constexpr size_t kPersonLimit = 5;
constexpr size_t kEidLimit = 2;

// As stored; see ProfileOrderState, NumberState, IccidState, smdp::Function.
constexpr int64_t kCancelledState = 9;
constexpr int64_t kFailedState = 11;
constexpr int64_t kReservedNumber = 1;
constexpr int64_t kAssignedNumber = 2;
constexpr int64_t kAvailableIccid = 0;
constexpr int64_t kOrderedIccid = 1;
constexpr int64_t kReleaseProfile = 3;

struct OrderFacts {
  std::string order_id;
  std::string person_id;
  std::string eid;
  std::string msisdn;
  std::string iccid;
  std::string attestation_id;
  bool is_live = false;  // not CANCELLED, EXPIRED, FAILED: it counts
};

struct CountFacts {
  std::string id;
  int64_t live = 0;
  bool is_erased = false;
};

// A number or an ICCID.
struct StockFacts {
  std::string id;
  int64_t state = 0;
  std::string holder;    // reservation; of numbers only
  std::string order_id;  // the last order that had it
};

struct ReservationFacts {
  std::string session_id;
  std::string reservation_id;
  std::string number;
  int64_t expires_us = 0;
};

struct CallFacts {
  std::string order_id;
  int64_t number = 0;
  int64_t function = 0;
};

struct EventFacts {
  std::string aggregate;
  int64_t version = 0;
  bool is_revealed = false;
};

struct Facts {
  std::vector<OrderFacts> orders;
  std::vector<CountFacts> persons;
  std::vector<CountFacts> eids;
  std::vector<StockFacts> numbers;
  std::vector<StockFacts> iccids;
  std::vector<ReservationFacts> reservations;
  std::vector<CallFacts> calls;
  std::map<std::string, int64_t> heads;  // aggregate -> version
  std::vector<EventFacts> events;
};

// Appends what `make` makes of each row.
template <class T>
absl::Status ReadAll(sql::Snapshot& snapshot, std::string_view text,
                     const std::function<T(const Row&)>& make,
                     std::vector<T>& facts) {
  ASSIGN_OR_RETURN(const sql::Rows rows, snapshot.Query(text, {}));
  for (const Row& row : rows) facts.push_back(make(row));
  return absl::OkStatus();
}

OrderFacts ToOrder(const Row& row) {
  const int64_t state = row.Int(6);
  return {.order_id = row.Text(0),
          .person_id = row.Text(1),
          .eid = row.Text(2),
          .msisdn = row.Text(3),
          .iccid = row.Text(4),
          .attestation_id = row.Text(5),
          .is_live = state < kCancelledState || state > kFailedState};
}

EventFacts ToEvent(const Row& row) {
  ledger::v1::Event event;
  const bool is_event = event.ParseFromString(row.Bytes(2));
  return {.aggregate = row.Text(0),
          .version = row.Int(1),
          .is_revealed =
              is_event && event.kind() == ledger::v1::EVENT_KIND_CODE_REVEALED};
}

absl::Status ReadOrders(sql::Snapshot& snapshot, Facts& facts) {
  RETURN_IF_ERROR(ReadAll<OrderFacts>(
      snapshot,
      "SELECT order_id, person_id, eid, msisdn, iccid, attestation_id, state "
      "FROM orders",
      ToOrder, facts.orders));
  RETURN_IF_ERROR(ReadAll<CallFacts>(
      snapshot, "SELECT order_id, call_number, function FROM smdp_calls",
      [](const Row& row) {
        return CallFacts{.order_id = row.Text(0),
                         .number = row.Int(1),
                         .function = row.Int(2)};
      },
      facts.calls));
  RETURN_IF_ERROR(ReadAll<EventFacts>(
      snapshot, "SELECT aggregate, version, entry FROM outbox_events", ToEvent,
      facts.events));
  ASSIGN_OR_RETURN(
      const sql::Rows heads,
      snapshot.Query("SELECT aggregate, version FROM outbox_aggregates", {}));
  for (const Row& row : heads) facts.heads[row.Text(0)] = row.Int(1);
  return absl::OkStatus();
}

absl::Status ReadCounts(sql::Snapshot& snapshot, Facts& facts) {
  RETURN_IF_ERROR(ReadAll<CountFacts>(
      snapshot, "SELECT person_id, live, erased_us FROM person_usage",
      [](const Row& row) {
        return CountFacts{
            .id = row.Text(0), .live = row.Int(1), .is_erased = !row.IsNull(2)};
      },
      facts.persons));
  return ReadAll<CountFacts>(
      snapshot, "SELECT eid, live FROM eid_usage",
      [](const Row& row) {
        return CountFacts{.id = row.Text(0), .live = row.Int(1)};
      },
      facts.eids);
}

absl::Status ReadStock(sql::Snapshot& snapshot, Facts& facts) {
  RETURN_IF_ERROR(ReadAll<StockFacts>(
      snapshot, "SELECT number, state, order_id, holder FROM numbers",
      [](const Row& row) {
        return StockFacts{.id = row.Text(0),
                          .state = row.Int(1),
                          .holder = row.TextOrEmpty(3),
                          .order_id = row.TextOrEmpty(2)};
      },
      facts.numbers));
  RETURN_IF_ERROR(ReadAll<StockFacts>(
      snapshot, "SELECT iccid, state, order_id FROM iccids",
      [](const Row& row) {
        return StockFacts{.id = row.Text(0),
                          .state = row.Int(1),
                          .order_id = row.TextOrEmpty(2)};
      },
      facts.iccids));
  return ReadAll<ReservationFacts>(
      snapshot,
      "SELECT session_id, reservation_id, number, expires_us "
      "FROM reservations",
      [](const Row& row) {
        return ReservationFacts{.session_id = row.Text(0),
                                .reservation_id = row.Text(1),
                                .number = row.Text(2),
                                .expires_us = row.Int(3)};
      },
      facts.reservations);
}

class Judge {
 public:
  Judge(const Facts& facts, int64_t now_us) : facts_(facts), now_us_(now_us) {
    for (const OrderFacts& order : facts_.orders) {
      if (order.is_live) live_[order.order_id] = &order;
    }
  }

  std::vector<Violation> All() {
    CheckCounts(facts_.persons, &OrderFacts::person_id, kPersonLimit,
                kPersonOverLimit);
    CheckCounts(facts_.eids, &OrderFacts::eid, kEidLimit, kEidOverLimit);
    CheckOncePerOrder();
    CheckNumbers();
    CheckIccids();
    CheckReservations();
    CheckCalls();
    CheckEvents();
    return std::move(found_);
  }

 private:
  void Add(std::string_view promise, const std::string& subject) {
    found_.push_back({.promise = promise, .subject = subject});
  }

  void CheckCounts(const std::vector<CountFacts>& counts,
                   std::string OrderFacts::*id, size_t limit,
                   std::string_view over_limit) {
    std::map<std::string, size_t> placed;
    for (const auto& [order_id, order] : live_) ++placed[order->*id];
    for (const auto& [subject, count] : placed) {
      if (count > limit) Add(over_limit, subject);
    }
    std::set<std::string> counted;
    for (const CountFacts& count : counts) {
      if (!counted.insert(count.id).second) Add(kCountedTwice, count.id);
      if (count.live < 0) Add(kCountBelowZero, count.id);
      if (count.live != static_cast<int64_t>(placed[count.id])) {
        Add(kCountIsWrong, count.id);
      }
      if (count.is_erased && placed[count.id] > 0) {
        Add(kErasedHasNumbers, count.id);
      }
      placed.erase(count.id);
    }
    for (const auto& [subject, count] : placed) Add(kCountIsWrong, subject);
  }

  void CheckOncePerOrder() {
    std::set<std::string> attestations;
    for (const OrderFacts& order : facts_.orders) {
      if (!attestations.insert(order.attestation_id).second) {
        Add(kAttestationTwice, order.attestation_id);
      }
    }
    std::set<std::string> numbers;
    std::set<std::string> iccids;
    for (const auto& [order_id, order] : live_) {
      if (!numbers.insert(order->msisdn).second) {
        Add(kNumberTwice, order->msisdn);
      }
      if (!iccids.insert(order->iccid).second) Add(kIccidTwice, order->iccid);
    }
  }

  // Of a live order that has this value, else null.
  const OrderFacts* Owner(const std::string& order_id,
                          std::string OrderFacts::*value,
                          const std::string& wanted) const {
    const auto found = live_.find(order_id);
    if (found == live_.end() || found->second->*value != wanted) return nullptr;
    return found->second;
  }

  void CheckNumbers() {
    std::set<std::string> owners;
    std::set<std::string> reservations;
    for (const ReservationFacts& reservation : facts_.reservations) {
      reservations.insert(reservation.reservation_id);
    }
    for (const StockFacts& number : facts_.numbers) {
      const OrderFacts* owner =
          Owner(number.order_id, &OrderFacts::msisdn, number.id);
      if (number.state == kAssignedNumber) {
        if (owner == nullptr) Add(kStockOfNobody, number.id);
        owners.insert(number.order_id);
      }
      if (number.state == kReservedNumber &&
          !reservations.contains(number.holder)) {
        Add(kNumberOfNoReservation, number.id);
      }
    }
    for (const auto& [order_id, order] : live_) {
      if (!owners.contains(order_id)) Add(kNumberNotItsOwn, order_id);
    }
  }

  void CheckIccids() {
    std::set<std::string> owners;
    for (const StockFacts& iccid : facts_.iccids) {
      const OrderFacts* owner =
          Owner(iccid.order_id, &OrderFacts::iccid, iccid.id);
      if (iccid.state == kOrderedIccid && owner == nullptr) {
        Add(kStockOfNobody, iccid.id);
      }
      if (iccid.state != kAvailableIccid) owners.insert(iccid.order_id);
    }
    for (const auto& [order_id, order] : live_) {
      if (!owners.contains(order_id)) Add(kIccidNotItsOwn, order_id);
    }
  }

  void CheckReservations() {
    std::map<std::string, const StockFacts*> numbers;
    for (const StockFacts& number : facts_.numbers) {
      numbers[number.id] = &number;
    }
    std::set<std::string> sessions;
    for (const ReservationFacts& reservation : facts_.reservations) {
      if (!sessions.insert(reservation.session_id).second) {
        Add(kReservedTwice, reservation.session_id);
      }
      const auto number = numbers.find(reservation.number);
      const bool holds = number != numbers.end() &&
                         number->second->state == kReservedNumber &&
                         number->second->holder == reservation.reservation_id;
      if (reservation.expires_us > now_us_ && !holds) {
        Add(kReservationIsEmpty, reservation.number);
      }
    }
  }

  void CheckCalls() {
    std::set<std::pair<std::string, int64_t>> calls;
    std::set<std::string> released;
    for (const CallFacts& call : facts_.calls) {
      if (!calls.insert({call.order_id, call.number}).second) {
        Add(kCallTwice, call.order_id);
      }
      if (call.function == kReleaseProfile &&
          !released.insert(call.order_id).second) {
        Add(kReleasedTwice, call.order_id);
      }
    }
  }

  void CheckEvents() {
    std::map<std::string, std::multiset<int64_t>> versions;
    std::set<std::string> revealed;
    for (const EventFacts& event : facts_.events) {
      versions[event.aggregate].insert(event.version);
      if (event.is_revealed && !revealed.insert(event.aggregate).second) {
        Add(kRevealedTwice, event.aggregate);
      }
    }
    for (const auto& [aggregate, head] : facts_.heads) {
      int64_t expected = 1;
      for (int64_t version : versions[aggregate]) {
        if (version == expected) ++expected;
      }
      if (expected != head + 1 ||
          static_cast<int64_t>(versions[aggregate].size()) != head) {
        Add(kEventsHaveGaps, aggregate);
      }
      versions.erase(aggregate);
    }
    for (const auto& [aggregate, all] : versions) {
      Add(kEventsHaveGaps, aggregate);
    }
  }

  const Facts& facts_;
  const int64_t now_us_;
  std::map<std::string, const OrderFacts*> live_;
  std::vector<Violation> found_;
};

}  // namespace

std::vector<Violation> FindViolations(sql::Database& database, int64_t now_us) {
  Facts facts;
  const auto read = [&](sql::Snapshot& snapshot) -> absl::Status {
    facts = {};
    RETURN_IF_ERROR(ReadOrders(snapshot, facts));
    RETURN_IF_ERROR(ReadCounts(snapshot, facts));
    return ReadStock(snapshot, facts);
  };
  SHIMING_CHECK(database.ReadBlocking(read).ok(), "the tables are unreadable");
  return Judge(facts, now_us).All();
}

std::string Describe(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& violation : violations) {
    if (!text.empty()) text += ", ";
    text += std::string(violation.promise) + " " + violation.subject;
  }
  return text;
}

}  // namespace shiming::profile_order::testing
