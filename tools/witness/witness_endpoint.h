// The witness's HTTP protocol (C2SP tlog-witness): POST add-checkpoint and the
// cosigned checkpoints for monitors.
#ifndef SHIMING_TOOLS_WITNESS_WITNESS_ENDPOINT_H_
#define SHIMING_TOOLS_WITNESS_WITNESS_ENDPOINT_H_

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "common/http/message.h"
#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "ledger/note.h"
#include "ledger/witness.h"
#include "tools/witness/witness_state.h"

namespace shiming::witness {

namespace asio = boost::asio;

// Longest body of an add-checkpoint that is read: 63 hashes, and a checkpoint
// with its signatures many times over.
inline constexpr size_t kMaxAddCheckpointBytes = 64 * 1024;

// Thread-safe. Writes files: give it threads of its own.
class WitnessEndpoint {
 public:
  // All references outlive the endpoint.
  struct Options {
    const ledger::WitnessTrust& trust;
    WitnessState& state;
    ledger::NoteSigner signer;
    const Clock& clock;
    Metrics& metrics;
    std::string submission_prefix;
    std::string monitoring_prefix;
  };

  explicit WitnessEndpoint(Options options);

  // POST <submission prefix>/add-checkpoint,
  // GET <monitoring prefix>/<hash of the origin>/checkpoint; 404 for all else.
  // A 200 to add-checkpoint leaves only after the new tree is on the disk; 503
  // when it could not be written.
  asio::awaitable<http::Response> Answer(const http::Request& request);

 private:
  http::Response AddCheckpoint(const std::string& body);
  http::Response Checkpoint(const http::Request& request,
                            std::string_view path);
  // Counts an answer to add-checkpoint.
  http::Response Counted(http::Response response);

  const Options options_;
};

}  // namespace shiming::witness

#endif  // SHIMING_TOOLS_WITNESS_WITNESS_ENDPOINT_H_
