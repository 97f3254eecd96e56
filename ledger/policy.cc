#include "ledger/policy.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/text.h"

namespace shiming::ledger {
namespace {

absl::Status FormatError(std::string_view why) {
  return MakeError(Reason::LEDGER_FORMAT_INVALID, why);
}

std::vector<std::string_view> WordsOf(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const size_t end = line.find_first_of(" \t");
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end);
  }
}

}  // namespace

absl::StatusOr<TrustPolicy> TrustPolicy::Parse(std::string_view text) {
  if (!text.empty() && text.back() != '\n') {
    return FormatError("policy has no final LF");
  }
  TrustPolicy policy;
  bool quorum_seen = false;
  int number = 0;
  const auto lines = SplitLines(text);
  for (std::string_view line : *lines) {
    ++number;
    absl::Status added = policy.AddLine(line, &quorum_seen);
    if (!added.ok()) {
      return FormatError(
          absl::StrCat("policy:", number, ": ", added.message()));
    }
  }
  if (!quorum_seen) return FormatError("policy has no quorum line");
  if (policy.logs_.empty()) return FormatError("policy names no log");
  return policy;
}

TrustPolicy TrustPolicy::ForLog(NoteVerifier log) {
  TrustPolicy policy;
  policy.logs_.push_back(std::move(log));
  return policy;
}

absl::Status TrustPolicy::AddLine(std::string_view line, bool* quorum_seen) {
  const std::vector<std::string_view> words = WordsOf(line);
  if (words.empty() || words[0].starts_with('#')) return absl::OkStatus();
  if (words[0] == "log") return AddLog(words);
  if (words[0] == "witness") return AddWitness(words);
  if (words[0] == "group") return AddGroup(words);
  if (words[0] == "quorum") {
    if (*quorum_seen) return FormatError("second quorum line");
    *quorum_seen = true;
    return SetQuorum(words);
  }
  return FormatError("unknown item or wrong number of words");
}

absl::Status TrustPolicy::AddLog(const std::vector<std::string_view>& words) {
  if (words.size() != 2 && words.size() != 3) {
    return FormatError("log <vkey> [url]");
  }
  ASSIGN_OR_RETURN(NoteVerifier log, NoteVerifier::Parse(words[1]));
  if (log.type() != SignatureType::kEd25519) {
    return FormatError("a log signs with type 01");
  }
  if (logs_.size() == kMaxPolicyItems) return FormatError("too many logs");
  for (const PolicyWitness& witness : witnesses_) {
    if (witness.key.PublicKey() == log.PublicKey()) {
      return FormatError("key is a witness's");
    }
  }
  logs_.push_back(std::move(log));
  return absl::OkStatus();
}

absl::Status TrustPolicy::CheckKeyIsNew(const NoteVerifier& key) const {
  for (const PolicyWitness& other : witnesses_) {
    if (other.key.PublicKey() == key.PublicKey()) {
      return FormatError("key is taken");
    }
  }
  for (const NoteVerifier& log : logs_) {
    if (log.PublicKey() == key.PublicKey()) {
      return FormatError("key is a log's");
    }
  }
  return absl::OkStatus();
}

absl::Status TrustPolicy::AddWitness(
    const std::vector<std::string_view>& words) {
  if (words.size() != 3 && words.size() != 4) {
    return FormatError("witness <name> <vkey> [url]");
  }
  if (words[1] == "none" || FindMember(words[1]) >= 0) {
    return FormatError("name is taken");
  }
  if (members_.size() == kMaxPolicyItems) return FormatError("too many items");
  ASSIGN_OR_RETURN(NoteVerifier verifier, NoteVerifier::Parse(words[2]));
  if (verifier.type() != SignatureType::kEd25519Cosignature) {
    return FormatError("a witness signs with type 04");
  }
  RETURN_IF_ERROR(CheckKeyIsNew(verifier));
  members_.push_back({.name = std::string(words[1]),
                      .witness = static_cast<int>(witnesses_.size())});
  witnesses_.push_back({.name = std::string(words[1]),
                        .key = std::move(verifier),
                        .url = words.size() == 4 ? std::string(words[3]) : ""});
  return absl::OkStatus();
}

absl::Status TrustPolicy::AddGroup(const std::vector<std::string_view>& words) {
  if (words.size() < 4) return FormatError("group <name> all|any|<k> <m>...");
  if (words[1] == "none" || FindMember(words[1]) >= 0) {
    return FormatError("name is taken");
  }
  if (members_.size() == kMaxPolicyItems) return FormatError("too many items");
  Member group{.name = std::string(words[1])};
  for (size_t i = 3; i < words.size(); ++i) {
    const int member = FindMember(words[i]);
    if (member < 0) return FormatError("member is not defined before");
    if (members_[member].taken) return FormatError("member is in two groups");
    members_[member].taken = true;
    group.inside.push_back(static_cast<size_t>(member));
  }
  if (words[2] == "all") {
    group.needed = group.inside.size();
  } else if (words[2] == "any") {
    group.needed = 1;
  } else {
    const auto needed = ParseDecimal(words[2]);
    if (!needed.has_value() || *needed == 0 || *needed > group.inside.size()) {
      return FormatError("threshold is not 1 to the number of members");
    }
    group.needed = *needed;
  }
  members_.push_back(std::move(group));
  return absl::OkStatus();
}

absl::Status TrustPolicy::SetQuorum(
    const std::vector<std::string_view>& words) {
  if (words.size() != 2) return FormatError("quorum <name>|none");
  if (words[1] == "none") return absl::OkStatus();
  quorum_ = FindMember(words[1]);
  if (quorum_ < 0) return FormatError("quorum is not defined before");
  return absl::OkStatus();
}

int TrustPolicy::FindMember(std::string_view name) const {
  for (size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

bool TrustPolicy::IsMet(size_t member,
                        const std::vector<bool>& witness_signed) const {
  const Member& item = members_[member];
  if (item.witness >= 0) return witness_signed[item.witness];
  size_t met = 0;
  for (size_t inside : item.inside) {
    if (IsMet(inside, witness_signed)) ++met;
  }
  return met >= item.needed;
}

absl::StatusOr<Checkpoint> TrustPolicy::OpenCheckpoint(
    std::string_view note) const {
  ASSIGN_OR_RETURN(Note parsed, ParseNote(note));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(parsed.text));
  std::vector<NoteVerifier> verifiers;
  for (const NoteVerifier& log : logs_) {
    if (log.name() == checkpoint.origin) verifiers.push_back(log);
  }
  const size_t log_count = verifiers.size();
  for (const PolicyWitness& witness : witnesses_) {
    verifiers.push_back(witness.key);
  }
  ASSIGN_OR_RETURN(std::vector<size_t> signers, VerifyNote(parsed, verifiers));
  if (signers[0] >= log_count) {
    return MakeError(Reason::LEDGER_SIGNATURE_INVALID,
                     "no trusted log signed the checkpoint");
  }
  if (quorum_ < 0) return checkpoint;
  std::vector<bool> witness_signed(witnesses_.size(), false);
  for (size_t signer : signers) {
    if (signer >= log_count) witness_signed[signer - log_count] = true;
  }
  if (!IsMet(static_cast<size_t>(quorum_), witness_signed)) {
    return MakeError(Reason::LEDGER_QUORUM_NOT_MET,
                     "too few trusted witnesses cosigned the checkpoint");
  }
  return checkpoint;
}

}  // namespace shiming::ledger
