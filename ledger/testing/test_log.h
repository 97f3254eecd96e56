// A log in memory for tests of witnesses and of those who ask them.
#ifndef SHIMING_LEDGER_TESTING_TEST_LOG_H_
#define SHIMING_LEDGER_TESTING_TEST_LOG_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ledger/checkpoint.h"
#include "ledger/hasher.h"
#include "ledger/note.h"

namespace shiming::ledger {

// Entry i is `history` and the number i, so that two histories share no entry:
// with one origin and key they are a fork. Immutable, thread-safe. Proofs are
// computed from all leaves: for small trees.
class TestLog {
 public:
  explicit TestLog(std::string history, std::string origin = "log.example/1",
                   char key_seed = 'l');

  Hash RootAt(uint64_t size) const;
  Checkpoint At(uint64_t size) const;
  // The signed checkpoint.
  std::string Note(uint64_t size) const;
  // Empty from size 0.
  std::vector<Hash> Proof(uint64_t old_size, uint64_t new_size) const;
  // An add-checkpoint from `old_size` to `new_size`.
  std::string AddCheckpointBody(uint64_t old_size, uint64_t new_size) const;

  // The hash tiles of the tree, by path below the prefix.
  std::map<std::string, std::string> Tiles(uint64_t size) const;

  const std::string& origin() const { return signer_.name(); }
  std::string vkey() const { return signer_.vkey(); }
  const NoteSigner& signer() const { return signer_; }

 private:
  std::vector<Hash> Leaves(uint64_t begin, uint64_t end) const;

  const std::string history_;
  const Hasher hasher_;
  const NoteSigner signer_;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_TESTING_TEST_LOG_H_
