// Check digits for made-up identifiers; common/ids checks real ones.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_CHECK_DIGITS_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_CHECK_DIGITS_H_

#include <string>

namespace shiming::shiming_terminal {

// Appends the two digits of ISO 7064 MOD 97-10 (EID).
std::string WithMod97Digits(const std::string& digits);

// Appends the Luhn digit (ICCID, IMEI; ISO/IEC 7812-1 annex B).
std::string WithLuhnDigit(const std::string& digits);

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_CHECK_DIGITS_H_
