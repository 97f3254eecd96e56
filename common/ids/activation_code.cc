#include "common/ids/activation_code.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/crypto/digest.h"
#include "common/crypto/secret.h"
#include "common/ids/digits.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming {
namespace {

constexpr std::string_view kQrPrefix = "LPA:";
// SGP.22 v2.2 section 4.1.
constexpr size_t kMostCharacters = 255;
// RFC 1035 section 2.3.4.
constexpr size_t kMostLabelCharacters = 63;
constexpr size_t kMostHostCharacters = 253;

// Splits so that empty fields survive: an empty OID before the flag counts.
std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  while (true) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

bool IsHostLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMostLabelCharacters &&
         label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return ids::IsDigit(c) || IsUpper(c) || IsLower(c) || c == '-';
         });
}

// RFC 1123 section 2.1; lower case is taken as readers do. A last label of
// digits only would be an IP address (RFC 3696 section 2).
bool IsHostName(std::string_view text) {
  if (text.size() > kMostHostCharacters) return false;
  const std::vector<std::string_view> labels = Split(text, '.');
  return std::all_of(labels.begin(), labels.end(), IsHostLabel) &&
         !ids::AllDigits(labels.back());
}

// SGP.22 v2.2 section 4.1.1.
bool IsMatchingId(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return ids::IsDigit(c) || IsUpper(c) || c == '-';
  });
}

// Dotted form, two arcs at least; ITU-T X.660: the first is 0 to 2, the second
// below 40 under 0 and 1; no leading zeros.
bool IsOid(std::string_view text) {
  const std::vector<std::string_view> arcs = Split(text, '.');
  const bool well_formed =
      std::all_of(arcs.begin(), arcs.end(), [](std::string_view arc) {
        return !arc.empty() && ids::AllDigits(arc) &&
               (arc.size() == 1 || arc.front() != '0');
      });
  if (!well_formed || arcs.size() < 2) return false;
  if (arcs[0] == "2") return true;
  return (arcs[0] == "0" || arcs[0] == "1") &&
         (arcs[1].size() == 1 || (arcs[1].size() == 2 && arcs[1] < "40"));
}

absl::Status CheckFields(const std::vector<std::string_view>& fields) {
  if (fields.size() < 3 || fields[0] != "1") {
    return MakeError(Reason::BAD_FORMAT, "not 1$address$token");
  }
  if (fields[1].empty()) {
    return MakeError(Reason::NO_ADDRESS, "no SM-DP+ address");
  }
  if (!IsHostName(fields[1])) {
    return MakeError(Reason::BAD_ADDRESS, "SM-DP+ address is no host name");
  }
  if (!IsMatchingId(fields[2])) {
    return MakeError(Reason::BAD_TOKEN, "token has other than 0-9 A-Z -");
  }
  // A delimiter is written only if something behind it is present.
  const auto absent_before_another = [&fields](size_t index) {
    return fields[index].empty() && fields.size() > index + 1;
  };
  if (fields.size() > 3 && !absent_before_another(3) && !IsOid(fields[3])) {
    return MakeError(Reason::BAD_OID, "OID is not dotted digits");
  }
  if (fields.size() > 4 && !absent_before_another(4) && fields[4] != "1") {
    return MakeError(Reason::BAD_FLAG, "confirmation flag is not 1");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ActivationCode> ActivationCode::Parse(std::string_view text) {
  std::string_view code = text;
  if (code.substr(0, kQrPrefix.size()) == kQrPrefix) {
    code.remove_prefix(kQrPrefix.size());
  }
  if (code.empty()) return MakeError(Reason::EMPTY, "no text");
  if (!std::all_of(code.begin(), code.end(),
                   [](char c) { return c > ' ' && c <= '~'; })) {
    return MakeError(Reason::BAD_CHARACTER, "not printable ASCII");
  }
  if (code.size() > kMostCharacters) {
    return MakeError(Reason::TOO_LONG, "more than 255 characters");
  }
  RETURN_IF_ERROR(CheckFields(Split(code, '$')));
  return ActivationCode(code);
}

absl::StatusOr<ActivationCode> ActivationCode::Make(
    std::string_view smdp_address, std::string_view matching_id) {
  // A delimiter within a part would be read as further fields.
  if (smdp_address.find('$') != std::string_view::npos) {
    return MakeError(Reason::BAD_ADDRESS, "SM-DP+ address is no host name");
  }
  if (matching_id.empty() || !IsMatchingId(matching_id)) {
    return MakeError(Reason::BAD_TOKEN, "token has other than 0-9 A-Z -");
  }
  std::string code = "1$";
  code.reserve(kMostCharacters);
  code.append(smdp_address).append("$").append(matching_id);
  absl::StatusOr<ActivationCode> result = Parse(code);
  crypto::WipeString(code);
  return result;
}

ActivationCode& ActivationCode::operator=(const ActivationCode& other) {
  if (this != &other) {
    crypto::WipeString(code_);
    code_ = other.code_;
  }
  return *this;
}

ActivationCode& ActivationCode::operator=(ActivationCode&& other) {
  if (this != &other) {
    crypto::WipeString(code_);
    code_ = std::move(other.code_);
  }
  return *this;
}

ActivationCode::~ActivationCode() { crypto::WipeString(code_); }

std::string ActivationCode::QrPayload() const {
  return std::string(kQrPrefix) + code_;
}

std::string ActivationCode::smdp_address() const {
  return std::string(Split(code_, '$')[1]);
}

std::string ActivationCode::matching_id() const {
  return std::string(Split(code_, '$')[2]);
}

bool ActivationCode::confirmation_code_required() const {
  const std::vector<std::string_view> fields = Split(code_, '$');
  return fields.size() > 4 && fields[4] == "1";
}

bool operator==(const ActivationCode& a, const ActivationCode& b) {
  return crypto::ConstantTimeEquals(a.code_, b.code_);
}

}  // namespace shiming
