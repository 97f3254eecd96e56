// The strict small grammar that all text formats of the log share: decimal
// numbers, base64, lines, UTF-8. Pure, thread-safe.
#ifndef SHIMING_LEDGER_TEXT_H_
#define SHIMING_LEDGER_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shiming::ledger {

// A decimal number without sign, spaces or leading zeros ("0" itself is
// fine); nullopt for anything else and above 2^64 - 1.
std::optional<uint64_t> ParseDecimal(std::string_view text);

// Standard alphabet with padding (RFC 4648 section 4), canonical: encoding
// the answer gives `text` again. nullopt otherwise.
std::optional<std::string> ParseBase64(std::string_view text);

// Base64 of exactly 32 bytes.
std::optional<std::string> ParseHashLine(std::string_view text);

// The lines of `text`, without their LF. nullopt unless `text` is empty or
// ends in LF.
std::optional<std::vector<std::string_view>> SplitLines(std::string_view text);

// Valid UTF-8 (no overlong forms, no surrogates) and, below 0x20, only LF:
// what a signed note may hold.
bool IsNoteText(std::string_view text);

// A key name of a signed note: not empty, no Unicode space, no control
// character, no '+'.
bool IsKeyName(std::string_view name);

// Big-endian numbers of the binary formats.
void AppendUint64(std::string* out, uint64_t value);
uint64_t ReadUint64(std::string_view eight_bytes);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_TEXT_H_
