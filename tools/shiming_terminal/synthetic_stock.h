// Made-up stock of an operator for demonstrations, tests and load: the CSV
// files that `shimingctl import` and the simulated SM-DP+ take.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_SYNTHETIC_STOCK_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_SYNTHETIC_STOCK_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace shiming::shiming_terminal {

// Profile type of all synthetic stock.
inline constexpr char kSyntheticProfileType[] = "CONSUMER-5G";

// "iccid,profile_type": `count` ICCIDs from number `first` on, 19 digits with
// Luhn digit. first + count is at most 10^12.
std::string IccidsCsv(int64_t first, int64_t count);

// "msisdn,region": `count` numbers from 139 0000 0000 + first on. first + count
// is at most 10^8.
std::string NumbersCsv(int64_t first, int64_t count, std::string_view region);

// "tac,model,eligible": the model of the synthetic phones, which is eligible,
// and one that is not (TAC 86054321).
std::string DeviceModelsCsv();

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_SYNTHETIC_STOCK_H_
