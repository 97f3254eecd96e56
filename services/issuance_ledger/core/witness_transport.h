// How a witness is reached; HTTP is outside the core.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_WITNESS_TRANSPORT_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_WITNESS_TRANSPORT_H_

#include <boost/asio/awaitable.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace shiming {
namespace asio = boost::asio;
}  // namespace shiming

namespace shiming::issuance_ledger {

// What the witness's server answered, whatever the status.
struct WitnessReply {
  int http_status = 0;
  std::string content_type;
  std::string body;  // bounded by the transport
};

// One witness's endpoints (C2SP tlog-witness). Thread-safe. A call may outlive
// its caller's interest by `timeout`, so implementations keep alive what it
// uses.
class WitnessTransport {
 public:
  virtual ~WitnessTransport() = default;

  // POST add-checkpoint. UNAVAILABLE when no whole answer of a bearable size
  // came within `timeout` (real time).
  virtual asio::awaitable<absl::StatusOr<WitnessReply>> AddCheckpoint(
      std::string body, absl::Duration timeout) = 0;

  // GET of the last cosigned checkpoint of the log whose origin has this hash.
  virtual asio::awaitable<absl::StatusOr<WitnessReply>> GetCheckpoint(
      std::string origin_hash, absl::Duration timeout) = 0;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_WITNESS_TRANSPORT_H_
