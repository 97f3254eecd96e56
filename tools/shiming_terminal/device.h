// A device from its configuration file: keys, channels, and the clerk's
// terminal or the customer display made of them.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_DEVICE_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_DEVICE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/crypto/random.h"
#include "common/time/clock.h"
#include "shiming/config/v1/device_config.pb.h"
#include "tools/shiming_terminal/clerk_terminal.h"
#include "tools/shiming_terminal/customer_display.h"
#include "tools/shiming_terminal/face_engine.h"
#include "tools/shiming_terminal/reveal_requests.h"

namespace shiming::shiming_terminal {

// Owns what a clerk's terminal rests on. Not thread-safe.
class TerminalDevice {
 public:
  // Errors: INVALID_ARGUMENT naming the file or field that is wrong. `clock`
  // and `random` must outlive the device.
  static absl::StatusOr<std::unique_ptr<TerminalDevice>> Open(
      const std::string& config_file, const Clock& clock,
      crypto::Random& random);

  ClerkTerminal& terminal() { return *terminal_; }

 private:
  TerminalDevice(crypto::SigningKey evidence_key, DemoFaceEngine face_engine)
      : evidence_key_(std::move(evidence_key)),
        face_engine_(std::move(face_engine)) {}

  const crypto::SigningKey evidence_key_;
  const DemoFaceEngine face_engine_;
  std::unique_ptr<ClerkTerminal> terminal_;
};

// Owns what a customer display rests on. Not thread-safe.
class DisplayDevice {
 public:
  // As TerminalDevice::Open.
  static absl::StatusOr<std::unique_ptr<DisplayDevice>> Open(
      const std::string& config_file, crypto::Random& random);

  CustomerDisplay& display() { return *display_; }

 private:
  explicit DisplayDevice(std::unique_ptr<RevealRequests> requests)
      : requests_(std::move(requests)) {}

  const std::unique_ptr<RevealRequests> requests_;
  std::unique_ptr<CustomerDisplay> display_;
};

// A private key from a PEM file; the error names the file.
absl::StatusOr<crypto::SigningKey> ReadKey(const std::string& path);

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_DEVICE_H_
