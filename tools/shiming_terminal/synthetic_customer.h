// Made-up people with made-up phones, for demonstrations, tests and load:
// different ones for different counters, the same one for the same counter.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_SYNTHETIC_CUSTOMER_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_SYNTHETIC_CUSTOMER_H_

#include <cstdint>
#include <string>

namespace shiming::shiming_terminal {

// One of them.
struct SyntheticCustomer {
  // A resident card's 256 bytes, with an address code PP0000 that no real card
  // carries.
  std::string card_block;
  std::string eid;   // valid check digits
  std::string imei;  // valid check digit, TAC kSyntheticTac
};

// Device model of every synthetic phone.
inline constexpr char kSyntheticTac[] = "86012345";

// The person of one counter with the phone of another, both from 0 to below
// 500 million; IMEIs repeat after a million.
SyntheticCustomer MakeSyntheticCustomer(int64_t person_counter,
                                        int64_t phone_counter);

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_SYNTHETIC_CUSTOMER_H_
