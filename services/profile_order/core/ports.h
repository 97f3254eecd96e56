// What the core asks of other services and of the record; the root package
// binds them to gRPC stubs and to the outbox's relay.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_PORTS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_PORTS_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::profile_order {

// Who calls, until when and under which trace.
struct Caller {
  std::string spiffe_id;
  std::string key_hash;  // 32 bytes
  absl::Time deadline;
  std::string trace_id;
};

// What terminal_session says of a caller at this moment.
struct Standing {
  std::string shop;
  std::string region;
  std::string clerk;
  std::string terminal;  // "<shop>/<terminal>"
  std::string display;   // "<shop>/<display>"
  std::string shift;
  std::string session;  // empty if only a shift was asked for
};

// terminal_session, as SessionAuthorityService. Thread-safe. When it is away
// nothing may happen: UNAVAILABLE.
class SessionAuthority {
 public:
  virtual ~SessionAuthority() = default;

  // CheckSession. A display has no shift token.
  virtual boost::asio::awaitable<absl::StatusOr<Standing>> Check(
      Caller caller, std::string shift_token, std::string session_id) = 0;

  struct Permit {
    std::string permit_id;
    ledger::v1::EventId event;
  };
  // PermitReveal: answers once REVEAL_PERMITTED is sequenced.
  virtual boost::asio::awaitable<absl::StatusOr<Permit>> PermitReveal(
      Caller display, std::string order_id, std::string session_id,
      std::string request_id, ledger::v1::EventId order_ready) = 0;
};

// The ledger, for our own events. Thread-safe.
class Record {
 public:
  virtual ~Record() = default;

  // Events were stored: send them soon.
  virtual void Poke() = 0;

  // Sends the stored bytes of the event until the ledger answers that they are
  // sequenced; gives the index. DATA_LOSS when the ledger refuses them,
  // UNAVAILABLE or DEADLINE_EXCEEDED when it does not answer in time.
  virtual boost::asio::awaitable<absl::StatusOr<int64_t>> WaitSequenced(
      ledger::v1::EventId event, absl::Time deadline) = 0;

  // The receipt, once a checkpoint covers the event.
  virtual boost::asio::awaitable<absl::StatusOr<ledger::v1::Receipt>> Receipt(
      ledger::v1::EventId event, absl::Time deadline) = 0;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_PORTS_H_
