// What no race may leave behind, looked for in the tables.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_VIOLATIONS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_VIOLATIONS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/sql/database.h"

namespace shiming::profile_order::testing {

// P3: more live numbers than allowed, by the orders.
inline constexpr std::string_view kPersonOverLimit = "PERSON_OVER_LIMIT";
inline constexpr std::string_view kEidOverLimit = "EID_OVER_LIMIT";
// A count that is not what the orders say, is below zero, or has two rows.
inline constexpr std::string_view kCountIsWrong = "COUNT_IS_WRONG";
inline constexpr std::string_view kCountBelowZero = "COUNT_BELOW_ZERO";
inline constexpr std::string_view kCountedTwice = "COUNTED_TWICE";
// Two orders of one attestation, ended ones too.
inline constexpr std::string_view kAttestationTwice = "ATTESTATION_TWICE";
// A number or an ICCID in two live orders.
inline constexpr std::string_view kNumberTwice = "NUMBER_TWICE";
inline constexpr std::string_view kIccidTwice = "ICCID_TWICE";
// A live order whose number or ICCID is not in its hands by the stock; stock
// that is in the hands of no live order.
inline constexpr std::string_view kNumberNotItsOwn = "NUMBER_NOT_ITS_OWN";
inline constexpr std::string_view kIccidNotItsOwn = "ICCID_NOT_ITS_OWN";
inline constexpr std::string_view kStockOfNobody = "STOCK_OF_NOBODY";
// Two reservations of one session; one that is not over and does not hold its
// number; a number that is held by none.
inline constexpr std::string_view kReservedTwice = "RESERVED_TWICE";
inline constexpr std::string_view kReservationIsEmpty = "RESERVATION_IS_EMPTY";
inline constexpr std::string_view kNumberOfNoReservation =
    "NUMBER_OF_NO_RESERVATION";
// P2: two CODE_REVEALED, two calls of releaseProfile, of one order; two calls
// under one number.
inline constexpr std::string_view kRevealedTwice = "REVEALED_TWICE";
inline constexpr std::string_view kReleasedTwice = "RELEASED_TWICE";
inline constexpr std::string_view kCallTwice = "CALL_TWICE";
// P4: versions of an aggregate's events are not 1, 2, 3 ... up to its head.
inline constexpr std::string_view kEventsHaveGaps = "EVENTS_HAVE_GAPS";
// An erased person who has live numbers.
inline constexpr std::string_view kErasedHasNumbers = "ERASED_HAS_NUMBERS";

struct Violation {
  std::string_view promise;  // one of the words above
  std::string subject;       // id of what breaks it
};

// Of all rows, in one snapshot, by SELECTs of single tables; the rules are
// written out here anew and share nothing with the stores. `now_us` tells which
// reservations are over. For tables that nothing was relayed from or erased in.
// Ends the process when the tables cannot be read.
std::vector<Violation> FindViolations(sql::Database& database, int64_t now_us);

// "PERSON_OVER_LIMIT 1f…, COUNT_IS_WRONG 1f…"; empty for none.
std::string Describe(const std::vector<Violation>& violations);

}  // namespace shiming::profile_order::testing

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_VIOLATIONS_H_
