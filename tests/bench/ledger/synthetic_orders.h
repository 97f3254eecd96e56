// Entries as profile_order writes them, in any number, for the bench of the
// ledger. Each order has 7 events with every field that is searched.
#ifndef SHIMING_TESTS_BENCH_LEDGER_SYNTHETIC_ORDERS_H_
#define SHIMING_TESTS_BENCH_LEDGER_SYNTHETIC_ORDERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::bench {

inline constexpr int64_t kEventsOfOrder = 7;
inline constexpr int kShops = 50;
inline constexpr int kTerminalsOfShop = 4;
inline constexpr int kClerksOfShop = 6;

// Event `number` from 0: always the same. Orders of neighbouring numbers are
// mixed as those of parallel visits are; times rise, but not strictly.
ledger::v1::Event SyntheticEvent(int64_t number);

// When SyntheticEvent(0) happened, in seconds since 1970, and how many events
// there are in a second.
inline constexpr int64_t kFirstSecond = 1'700'000'000;
inline constexpr int64_t kEventsOfSecond = 4;

// Bytes of `count` entries from `first` on.
std::vector<std::string> SyntheticEntries(int64_t first, int64_t count);

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_LEDGER_SYNTHETIC_ORDERS_H_
