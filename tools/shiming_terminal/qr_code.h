// The activation code as a QR code: for a terminal window, and as picture
// files in demo mode.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_QR_CODE_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_QR_CODE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shiming::shiming_terminal {

// A QR code's modules with the quiet zone of 4 modules that ISO/IEC 18004 asks
// for. Secret, as what it shows is.
class QrCode {
 public:
  // Encodes `text` (at most about 1,200 characters) with error correction
  // level M. INVALID_ARGUMENT when it does not fit.
  static absl::StatusOr<QrCode> Encode(std::string_view text);

  // Modules on a side, quiet zone included.
  int size() const { return size_; }
  // Whether the module at column x, row y is dark.
  bool dark(int x, int y) const { return modules_[y * size_ + x]; }

  // Two modules a character, dark on light whatever the window's colours are.
  std::string ToText() const;
  // A square of `size()` units in user space.
  std::string ToSvg() const;
  // An 8-bit grey PNG, `scale` pixels a module.
  absl::StatusOr<std::string> ToPng(int scale) const;

 private:
  QrCode(int size, std::vector<bool> modules)
      : size_(size), modules_(std::move(modules)) {}

  int size_;
  std::vector<bool> modules_;
};

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_QR_CODE_H_
