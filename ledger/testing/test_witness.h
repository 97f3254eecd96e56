// A witness in memory for tests: honest, as the document says.
#ifndef SHIMING_LEDGER_TESTING_TEST_WITNESS_H_
#define SHIMING_LEDGER_TESTING_TEST_WITNESS_H_

#include <map>
#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"
#include "ledger/note.h"
#include "ledger/witness.h"

namespace shiming::ledger {

// Thread-safe.
class TestWitness {
 public:
  struct Answer {
    int http_status = 0;
    std::string content_type;
    std::string body;
  };

  // Trusts the log of this verifier key.
  TestWitness(std::string name, char key_seed, const std::string& log_vkey);

  Answer AddCheckpoint(const std::string& body);
  // The cosigned checkpoint of the log whose origin has this hash.
  Answer GetCheckpoint(const std::string& origin_hash) const;

  // What it cosigned last; size 0 when nothing.
  WitnessedTree Last() const;
  // Forgets, or remembers something else.
  void SetLast(const WitnessedTree& tree);

  std::string vkey() const { return signer_.vkey(); }
  const NoteSigner& signer() const { return signer_; }

 private:
  const NoteSigner signer_;
  const NoteVerifier log_;
  mutable std::mutex mutex_;
  WitnessedTree last_ ABSL_GUARDED_BY(mutex_);
  std::string note_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_TESTING_TEST_WITNESS_H_
