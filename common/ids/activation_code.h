// Activation code of an eSIM (SGP.22 v2.2 section 4.1).
#ifndef SHIMING_COMMON_IDS_ACTIVATION_CODE_H_
#define SHIMING_COMMON_IDS_ACTIVATION_CODE_H_

#include <iosfwd>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace shiming {

// "1$<smdp_address>$<matching_id>[$<oid>[$1[$...]]]". A bearer secret: whoever
// has it may fetch the profile. It cannot be printed, and its memory is
// overwritten when it dies. Immutable once parsed; thread-safe.
class ActivationCode {
 public:
  // Takes a code with or without one "LPA:" in upper case before it.
  // INVALID_ARGUMENT with, in order of test:
  // - EMPTY: nothing, or nothing behind "LPA:"
  // - BAD_CHARACTER: anything but printable ASCII, blanks too
  // - TOO_LONG: more than 255 characters behind "LPA:"
  // - BAD_FORMAT: first field is not "1", or fewer than three fields
  // - NO_ADDRESS, BAD_ADDRESS: the second field is no host name
  // - BAD_TOKEN: the third has other characters than 0-9 A-Z -
  // - BAD_OID: the fourth is neither a dotted OID nor empty before another
  // - BAD_FLAG: the fifth is neither "1" nor empty before another
  // Fields behind the fifth (v3) are kept and not looked at.
  static absl::StatusOr<ActivationCode> Parse(std::string_view text);

  // The code for our own order: no OID, no confirmation code. Fails as Parse
  // does; an empty matching_id is BAD_TOKEN.
  static absl::StatusOr<ActivationCode> Make(std::string_view smdp_address,
                                             std::string_view matching_id);

  ActivationCode(const ActivationCode&) = default;
  ActivationCode(ActivationCode&&) = default;
  ActivationCode& operator=(const ActivationCode& other);
  ActivationCode& operator=(ActivationCode&& other);
  ~ActivationCode();

  // The code as typed by hand, without "LPA:".
  const std::string& str() const { return code_; }
  // What a QR code holds: "LPA:" and the code.
  std::string QrPayload() const;
  // Host name of the SM-DP+, as written in the code.
  std::string smdp_address() const;
  // Secret, too; may be empty.
  std::string matching_id() const;
  // Whether the customer will be asked for a confirmation code.
  bool confirmation_code_required() const;

  // Compares in a time that depends on the lengths only.
  friend bool operator==(const ActivationCode& a, const ActivationCode& b);

  friend std::ostream& operator<<(std::ostream&,
                                  const ActivationCode&) = delete;
  template <typename Sink>
  friend void AbslStringify(Sink&, const ActivationCode&) = delete;

 private:
  explicit ActivationCode(std::string_view code) : code_(code) {}

  std::string code_;
};

}  // namespace shiming

#endif  // SHIMING_COMMON_IDS_ACTIVATION_CODE_H_
