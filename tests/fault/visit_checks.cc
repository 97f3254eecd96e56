#include "tests/fault/visit_checks.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace shiming::fault {
namespace {

void AppendMissing(const Visit& visit, const LogRecord& record,
                   std::vector<std::string>& missing) {
  std::set<ledger::v1::EventKind> there;
  for (const ledger::v1::Event& event : record.events) {
    if (event.session() == visit.session_id) there.insert(event.kind());
  }
  const auto expect = [&](bool told, ledger::v1::EventKind kind) {
    if (!told || there.contains(kind)) return;
    missing.push_back(absl::StrCat(ledger::v1::EventKind_Name(kind),
                                   " of session ", visit.session_id, ", order ",
                                   visit.order.order_id()));
  };
  const bool ordered = !visit.order.order_id().empty();
  expect(!visit.session_id.empty(), ledger::v1::EVENT_KIND_SESSION_OPENED);
  expect(!visit.verification_id.empty(),
         ledger::v1::EVENT_KIND_IDENTITY_VERIFIED);
  expect(ordered, ledger::v1::EVENT_KIND_ORDER_PLACED);
  expect(
      ordered && visit.order.state() != order::v1::PROFILE_ORDER_STATE_ORDERING,
      ledger::v1::EVENT_KIND_ORDER_READY);
  expect(!visit.codes.empty(), ledger::v1::EVENT_KIND_CODE_REVEALED);
  expect(visit.installed, ledger::v1::EVENT_KIND_PROFILE_INSTALLED);
  expect(visit.order.state() == order::v1::PROFILE_ORDER_STATE_CANCELLED,
         ledger::v1::EVENT_KIND_ORDER_CANCELLED);
  expect(visit.session_closed, ledger::v1::EVENT_KIND_SESSION_CLOSED);
  if (visit.receipt_index >= 0 &&
      (visit.receipt_index >= static_cast<int64_t>(record.entries.size()) ||
       record.entries[visit.receipt_index] != visit.receipt_entry)) {
    missing.push_back(absl::StrCat("receipt of order ", visit.order.order_id(),
                                   " at ", visit.receipt_index));
  }
}

}  // namespace

std::vector<std::string> MissingOf(const Visits& visits,
                                   const LogRecord& record) {
  std::vector<std::string> missing;
  for (const Visit& visit : visits) AppendMissing(visit, record, missing);
  return missing;
}

std::vector<std::string> MissingOf(const Visits& visits,
                                   const OrderRows& rows) {
  std::vector<std::string> missing;
  for (const Visit& visit : visits) {
    const std::string& order_id = visit.order.order_id();
    if (order_id.empty()) continue;
    const auto row = rows.find(order_id);
    if (row == rows.end()) {
      missing.push_back(absl::StrCat("order ", order_id));
    } else if (row->second.version < visit.order.version()) {
      missing.push_back(absl::StrCat("order ", order_id, " was told to be ",
                                     visit.order.ShortDebugString()));
    }
  }
  return missing;
}

std::vector<std::string> MovingOf(const OrderRows& rows) {
  std::vector<std::string> moving;
  for (const auto& [order_id, row] : rows) {
    if (IsAtRest(row.state)) continue;
    moving.push_back(absl::StrCat(
        order_id, " ", order::v1::ProfileOrderState_Name(row.state)));
  }
  return moving;
}

std::vector<std::string> DoneTwice(const Visits& visits, const OrderRows& rows,
                                   const LogRecord& record) {
  std::vector<std::string> twice;
  std::set<std::string> sessions;
  for (const auto& [order_id, row] : rows) {
    if (!sessions.insert(row.session_id).second) {
      twice.push_back(
          absl::StrCat("a second order of session ", row.session_id));
    }
  }
  std::set<std::string> codes;
  for (const Visit& visit : visits) {
    const std::string& order_id = visit.order.order_id();
    for (const std::string& code : visit.codes) {
      if (code == visit.codes.front()) continue;
      twice.push_back(absl::StrCat("another code of order ", order_id));
    }
    if (!visit.codes.empty() && !codes.insert(visit.codes.front()).second) {
      twice.push_back(absl::StrCat("one code for two orders: ", order_id));
    }
    const int revealed =
        record.CountOf(ledger::v1::EVENT_KIND_CODE_REVEALED, order_id);
    if (revealed != (visit.codes.empty() ? 0 : 1)) {
      twice.push_back(absl::StrCat("the code of order ", order_id,
                                   " is on the record ", revealed, " times"));
    }
  }
  return twice;
}

}  // namespace shiming::fault
