// Collects the cosignatures of a checkpoint from all witnesses at once.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_COSIGNATURE_COLLECTOR_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_COSIGNATURE_COLLECTOR_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "ledger/audit_reader.h"
#include "ledger/note.h"
#include "ledger/policy.h"
#include "services/issuance_ledger/core/cosigning_observer.h"
#include "services/issuance_ledger/core/witness_client.h"
#include "services/issuance_ledger/core/witness_transport.h"

namespace shiming::issuance_ledger {

// Whom the log asks and what counts; one value from configuration to core.
struct CosigningPlan {
  struct Witness {
    std::string name;  // in the policy
    ledger::NoteVerifier key;
    std::shared_ptr<WitnessTransport> transport;
  };
  std::vector<Witness> witnesses;  // at least one
  // Says when a checkpoint has enough of them; trusts this log's key.
  ledger::TrustPolicy policy;
  // How long one round of asking takes at most.
  absl::Duration round_time = absl::Seconds(2);
  // Nothing is published before the quorum is met.
  bool strict = false;
};

// Thread-safe; one Collect at a time.
class CosignatureCollector
    : public std::enable_shared_from_this<CosignatureCollector> {
 public:
  struct Options {
    asio::any_io_executor executor;
    // May block on the disk.
    asio::any_io_executor file_executor;
    CosigningPlan plan;
    ledger::NoteVerifier log_key;
    ledger::FileReader files;  // of the log
    CosigningObserver& observer;
    const Clock& clock;
  };

  // What a round brought.
  struct Round {
    // What went in, with the new lines behind the old ones.
    std::string note;
    bool quorum_met = false;
    // LEDGER_WITNESS_MISMATCH when a witness has proven that the log forked or
    // is an older copy.
    absl::Status forked;
    // FAILED_PRECONDITION when a witness says so without proof.
    absl::Status doubted;
  };

  static std::shared_ptr<CosignatureCollector> Create(Options options);

  // Asks every witness whose line `tree.note` lacks and that is not still busy
  // with an earlier round. Ends when all have answered, when the round's time
  // is up, or when the quorum is met and only those are missing that failed
  // the last time: one that is away delays nobody. What comes later is
  // dropped.
  asio::awaitable<Round> Collect(SignedTree tree);

  // Whether a note meets the policy.
  bool QuorumMet(const std::string& note) const;
  bool strict() const { return options_.plan.strict; }

  // Ends a Collect now and makes later ones end at once.
  void Cancel();

 private:
  struct Peer {
    explicit Peer(WitnessClient::Options options)
        : client(std::move(options)) {}
    WitnessClient client;
    bool busy = false;
    bool failed = false;  // the last time that it was asked
  };
  struct Current;

  explicit CosignatureCollector(Options options);
  asio::awaitable<Round> CollectOnStrand(SignedTree tree);
  asio::awaitable<void> Ask(Peer& peer, std::shared_ptr<Current> current);
  void Take(Peer& peer, Current& current,
            const absl::StatusOr<std::string>& line);
  // True when nothing more is worth waiting for.
  bool IsDone(const Current& current) const;

  const Options options_;
  asio::strand<asio::any_io_executor> strand_;
  // On strand_ only.
  std::vector<std::unique_ptr<Peer>> peers_;
  std::shared_ptr<Current> current_;
  bool cancelled_ = false;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_COSIGNATURE_COLLECTOR_H_
