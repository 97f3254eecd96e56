// Whom a verifier trusts (C2SP tlog-policy): the log's keys, the witnesses,
// and how many of them must have cosigned.
#ifndef SHIMING_LEDGER_POLICY_H_
#define SHIMING_LEDGER_POLICY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"

namespace shiming::ledger {

// Most items of each kind that a policy file may have. The document wants at
// least 32.
inline constexpr size_t kMaxPolicyItems = 256;

// A witness as a policy names it.
struct PolicyWitness {
  std::string name;  // within the policy
  NoteVerifier key;
  std::string url;  // where it is asked; may be empty
};

// Immutable, copyable, thread-safe.
class TrustPolicy {
 public:
  // A policy file: lines `log <vkey> [url]`, `witness <name> <vkey> [url]`,
  // `group <name> all|any|<k> <member>...`, exactly one `quorum <name>|none`,
  // comments with '#'. LEDGER_FORMAT_INVALID names the line; also when a key
  // stands twice, whatever its names: a witness must not count twice, and no
  // log may be its own witness.
  static absl::StatusOr<TrustPolicy> Parse(std::string_view text);

  // Trusts one log and asks for no witness: what `--verifier_key` alone says.
  static TrustPolicy ForLog(NoteVerifier log);

  // The checkpoint in a signed note. LEDGER_FORMAT_INVALID for a malformed
  // note or text; LEDGER_SIGNATURE_INVALID unless a trusted log's key whose
  // name is the origin signed it and no known key's line is wrong;
  // LEDGER_QUORUM_NOT_MET when too few witnesses did.
  absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note) const;

  // Verifiers of the logs.
  const std::vector<NoteVerifier>& logs() const { return logs_; }
  // All witnesses, whether the quorum needs them or not.
  const std::vector<PolicyWitness>& witnesses() const { return witnesses_; }
  // False for `quorum none`: then no witness is needed.
  bool has_quorum() const { return quorum_ >= 0; }

 private:
  // A witness (leaf) or a group of earlier items.
  struct Member {
    std::string name;
    int witness = -1;            // position in witnesses_, or -1: a group
    std::vector<size_t> inside;  // of a group: positions in members_
    size_t needed = 1;           // of a group: how many of them
    bool taken = false;          // is a member of a group already
  };

  absl::Status AddLine(std::string_view line, bool* quorum_seen);
  absl::Status AddWitness(const std::vector<std::string_view>& words);
  absl::Status AddGroup(const std::vector<std::string_view>& words);
  absl::Status SetQuorum(const std::vector<std::string_view>& words);
  absl::Status AddLog(const std::vector<std::string_view>& words);
  // LEDGER_FORMAT_INVALID when a log or witness has this key already.
  absl::Status CheckKeyIsNew(const NoteVerifier& key) const;
  int FindMember(std::string_view name) const;
  bool IsMet(size_t member, const std::vector<bool>& witness_signed) const;

  std::vector<NoteVerifier> logs_;
  std::vector<PolicyWitness> witnesses_;
  std::vector<Member> members_;
  int quorum_ = -1;  // position in members_; -1: none
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_POLICY_H_
