// The log's side of C2SP tlog-witness with one witness. Believes nothing that
// is not signed.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_WITNESS_CLIENT_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_WITNESS_CLIENT_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit_reader.h"
#include "ledger/checkpoint.h"
#include "ledger/hasher.h"
#include "ledger/note.h"
#include "services/issuance_ledger/core/witness_transport.h"

namespace shiming::issuance_ledger {

// A checkpoint whose tiles are on the disk.
struct SignedTree {
  ledger::Checkpoint checkpoint;
  std::string note;  // signed by the log, perhaps cosigned too
};

// One call of Cosign at a time; to be used on one strand.
class WitnessClient {
 public:
  struct Options {
    std::string name;          // in the policy
    ledger::NoteVerifier key;  // the witness's
    std::shared_ptr<WitnessTransport> transport;
    ledger::NoteVerifier log_key;  // ours
    ledger::FileReader files;      // of the log, for proofs
    // May block on the disk.
    asio::any_io_executor file_executor;
  };
  explicit WitnessClient(Options options) : options_(std::move(options)) {}

  const std::string& name() const { return options_.name; }
  const ledger::NoteVerifier& key() const { return options_.key; }

  // The witness's signature line over `tree`, verified, until `deadline`.
  // A 409 is answered with a new proof, twice at most. Errors:
  //  - LEDGER_WITNESS_MISMATCH: it shows a checkpoint that our key has signed
  //    and that `tree` does not extend: the log has forked or is an older copy;
  //  - FAILED_PRECONDITION: it claims to have cosigned what `tree` does not
  //    extend, but shows no proof;
  //  - UNAVAILABLE: it gave no answer, or none that counts.
  asio::awaitable<absl::StatusOr<std::string>> Cosign(
      SignedTree tree, std::chrono::steady_clock::time_point deadline);

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  asio::awaitable<absl::StatusOr<std::string>> CosignFrom(
      uint64_t old_size, const SignedTree& tree, Deadline deadline);
  absl::StatusOr<std::string> LineOf(const WitnessReply& reply,
                                     const SignedTree& tree) const;
  // LEDGER_WITNESS_MISMATCH when what the witness shows proves it, else
  // FAILED_PRECONDITION.
  asio::awaitable<absl::Status> Evidence(const SignedTree& tree,
                                         std::string claim, Deadline deadline);

  const Options options_;
  // What it cosigned last, as far as we know.
  uint64_t last_size_ = 0;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_WITNESS_CLIENT_H_
