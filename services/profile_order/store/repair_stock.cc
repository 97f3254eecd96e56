#include "services/profile_order/store/repair_stock.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

using sql::Value;
using Values = std::map<std::string, std::string>;

constexpr int64_t kPage = 1000;
// An empty text cannot be bound; a blank sorts before every digit.
constexpr char kBeforeAll[] = " ";

// Notes the value when its pseudonym is wanted.
void Match(const OrderEvents& events, std::string_view field,
           const std::string& value, const std::set<std::string>& wanted,
           Values& found) {
  std::string pseudonym = events.PseudonymOf(field, value);
  if (wanted.contains(pseudonym)) found[std::move(pseudonym)] = value;
}

absl::StatusOr<Values> FindEids(sql::Snapshot& snapshot,
                                const OrderEvents& events,
                                const std::set<std::string>& wanted) {
  Values found;
  std::string after = kBeforeAll;
  while (found.size() < wanted.size()) {
    ASSIGN_OR_RETURN(const sql::Rows rows,
                     snapshot.Query("SELECT eid FROM eid_usage "
                                    "WHERE eid > $1 ORDER BY eid LIMIT $2",
                                    {Value::Text(after), Value::Int(kPage)}));
    for (const sql::Row& row : rows) {
      Match(events, "eid", row.Text(0), wanted, found);
    }
    if (static_cast<int64_t>(rows.size()) < kPage) break;
    after = rows.back().Text(0);
  }
  return found;
}

// Of a table whose key is two texts; `select` has both columns, the position
// as $1 and $2, and the limit as $3. The second column is the value.
absl::StatusOr<Values> FindInStock(sql::Snapshot& snapshot,
                                   const OrderEvents& events,
                                   std::string_view select,
                                   std::string_view field,
                                   const std::set<std::string>& wanted) {
  Values found;
  std::string group = kBeforeAll;
  std::string after = kBeforeAll;
  while (found.size() < wanted.size()) {
    ASSIGN_OR_RETURN(
        const sql::Rows rows,
        snapshot.Query(select, {Value::Text(group), Value::Text(after),
                                Value::Int(kPage)}));
    for (const sql::Row& row : rows) {
      Match(events, field, row.Text(1), wanted, found);
    }
    if (static_cast<int64_t>(rows.size()) < kPage) break;
    group = rows.back().Text(0);
    after = rows.back().Text(1);
  }
  return found;
}

}  // namespace

absl::StatusOr<FoundValues> FindValues(sql::Snapshot& snapshot,
                                       const OrderEvents& events,
                                       const WantedValues& wanted) {
  FoundValues found;
  ASSIGN_OR_RETURN(found.eids, FindEids(snapshot, events, wanted.eids));
  ASSIGN_OR_RETURN(found.iccids, FindInStock(snapshot, events,
                                             "SELECT batch, iccid FROM iccids "
                                             "WHERE (batch, iccid) > ($1, $2) "
                                             "ORDER BY batch, iccid LIMIT $3",
                                             "iccid", wanted.iccids));
  ASSIGN_OR_RETURN(found.msisdns,
                   FindInStock(snapshot, events,
                               "SELECT segment, number FROM numbers "
                               "WHERE (segment, number) > ($1, $2) "
                               "ORDER BY segment, number LIMIT $3",
                               "msisdn", wanted.msisdns));
  return found;
}

}  // namespace shiming::profile_order
