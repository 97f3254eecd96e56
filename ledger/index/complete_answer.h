// The auditor's side of complete answers: asks a ledger that he does not trust
// for all entries with certain tokens, and accepts the answer only with proof
// that nothing was left out (docs/formats/ledger_index.md).
//
// All of it is held against one signed checkpoint: the seals, the entries that
// their indexes find, and every entry behind the last seal, which is looked
// through. What the seals say of the entries before them is the log's own word;
// seal_audit.h holds it against these entries.
#ifndef SHIMING_LEDGER_INDEX_COMPLETE_ANSWER_H_
#define SHIMING_LEDGER_INDEX_COMPLETE_ANSWER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/checkpoint.h"
#include "ledger/hasher.h"
#include "ledger/policy.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::ledger {

// A page of ProveEntries.
struct ProofPage {
  std::vector<v1::SealedRun> runs;
  int64_t next_seal = 0;  // 0 at the end
  int64_t next_leaf = 0;
};

// What a ledger is asked; nothing that it answers is trusted. Methods block and
// return the errors of the connection.
class AnswerSource {
 public:
  virtual ~AnswerSource() = default;

  // The signed note of the latest checkpoint.
  virtual absl::StatusOr<std::string> Checkpoint() = 0;
  // A page of runs and entries; see ProveEntriesRequest.
  virtual absl::StatusOr<ProofPage> Prove(const v1::IndexQuestion& question,
                                          int64_t tree_size, int64_t seal,
                                          int64_t leaf) = 0;
  virtual absl::StatusOr<std::vector<Hash>> InclusionPath(
      uint64_t index, uint64_t tree_size) = 0;
  // The entries [begin, end) in order, each with the index that the ledger
  // says; ends with the first error of `visit`.
  using Visit = std::function<absl::Status(uint64_t index, std::string entry)>;
  virtual absl::Status Scan(uint64_t begin, uint64_t end,
                            const Visit& visit) = 0;
};

// An entry of the answer, proven to stand in the log.
struct FoundEntry {
  uint64_t index = 0;
  std::string entry;
  v1::Event event;
  bool is_sealed = false;  // found by a seal; else behind the last one
};

// How far the answer reaches.
struct AnswerReport {
  ledger::Checkpoint checkpoint;  // what all of it was held against
  std::string note;
  uint64_t seal_count = 0;
  uint64_t sealed_end = 0;  // entries below it were proven by seals
  // Redacted leaves in the range: entries of which it can no longer be said
  // whether they match. With any, the answer is not complete.
  uint64_t redacted_count = 0;
};

// Answers to one or more questions whose ranges do not overlap. Not
// thread-safe; source and policy must outlive it.
class CompleteAnswer {
 public:
  // Called for each entry as soon as it is proven: the sealed ones seal by
  // seal in order of index within a question, the others at the end.
  using Take = std::function<absl::Status(FoundEntry found)>;

  CompleteAnswer(AnswerSource& source, const TrustPolicy& policy)
      : source_(source), policy_(policy) {}

  // Takes the latest checkpoint, verifies it by the policy, and gives the log's
  // first entry, LOG_OPENED, proven: K is held against its commitment. First of
  // all calls. Errors of OpenCheckpoint; LEDGER_PROOF_INVALID;
  // LEDGER_UNPUBLISHED for an empty tree.
  absl::StatusOr<v1::Event> Open();

  // OK when everything verified: then `take` has got all entries of the log at
  // the checkpoint that have a token that is asked for, but those that the
  // report counts as redacted. LEDGER_PROOF_INVALID when the ledger left out,
  // added or changed anything; LEDGER_SEAL_FALSE when a seal is malformed or
  // its index speaks of an entry that has no such token; INVALID_ARGUMENT
  // without questions; errors of the source and of `take`. After an error
  // nothing is proven by what was given.
  absl::StatusOr<AnswerReport> Ask(
      const std::vector<v1::IndexQuestion>& questions, const Take& take);

 private:
  // Verified parts of one seal's answer.
  struct SealInHand;

  absl::Status AskSeals(const v1::IndexQuestion& question, const Take& take,
                        AnswerReport* range);
  absl::Status TakeRun(const v1::SealedRun& run, SealInHand* seal);
  absl::Status FinishSeal(const v1::IndexQuestion& question,
                          const SealInHand& seal, const Take& take,
                          AnswerReport* range);
  absl::Status AskTail(const std::vector<v1::IndexQuestion>& questions,
                       uint64_t begin, const Take& take);
  // The entry, proven to stand where it says.
  absl::StatusOr<v1::Event> OpenEntry(const v1::ProvenEntry& entry) const;

  AnswerSource& source_;
  const TrustPolicy& policy_;
  ledger::Checkpoint checkpoint_;
  std::string note_;
};

// Roots of the perfect subtrees left of `index` out of its inclusion proof in
// a tree of `size`, largest first: the edge of the tree of the first `index`
// entries. The path is not verified; LEDGER_PROOF_INVALID when its length is
// wrong.
absl::StatusOr<std::vector<Hash>> EdgeBefore(uint64_t index, uint64_t size,
                                             const std::vector<Hash>& path);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_INDEX_COMPLETE_ANSWER_H_
