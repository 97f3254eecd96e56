#include "ledger/tlog_proof.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/proofs.h"
#include "ledger/text.h"

namespace shiming::ledger {
namespace {

constexpr std::string_view kMagic = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
// A tree of 2^64 entries has no longer proof.
constexpr size_t kMaxPath = 64;

absl::Status FormatError(std::string_view why) {
  return MakeError(Reason::LEDGER_FORMAT_INVALID, why);
}

}  // namespace

std::string FormatTlogProof(const TlogProof& proof) {
  std::string text(kMagic);
  text.push_back('\n');
  if (proof.extra.has_value()) {
    text.append(kExtra);
    absl::StrAppend(&text, crypto::Base64(*proof.extra), "\n");
  }
  text.append(kIndex);
  absl::StrAppend(&text, proof.index, "\n");
  for (const Hash& hash : proof.path) {
    absl::StrAppend(&text, crypto::Base64(hash), "\n");
  }
  absl::StrAppend(&text, "\n", proof.checkpoint);
  return text;
}

absl::StatusOr<TlogProof> ParseTlogProof(std::string_view text) {
  const size_t blank = text.find("\n\n");
  if (blank == std::string_view::npos) {
    return FormatError("proof has no blank line");
  }
  const auto lines = SplitLines(text.substr(0, blank + 1));
  size_t at = 0;
  const auto next = [&]() -> std::string_view {
    return at < lines->size() ? (*lines)[at] : std::string_view();
  };
  if (next() != kMagic) return FormatError("proof has another first line");
  ++at;
  TlogProof proof{.checkpoint = std::string(text.substr(blank + 2))};
  if (next().starts_with(kExtra)) {
    proof.extra = ParseBase64(next().substr(kExtra.size()));
    if (!proof.extra.has_value()) return FormatError("malformed extra line");
    ++at;
  }
  if (!next().starts_with(kIndex)) return FormatError("no index line");
  const auto index = ParseDecimal(next().substr(kIndex.size()));
  if (!index.has_value()) return FormatError("malformed index");
  proof.index = *index;
  for (++at; at < lines->size(); ++at) {
    auto hash = ParseHashLine(next());
    if (!hash.has_value()) return FormatError("malformed hash line");
    if (proof.path.size() == kMaxPath) return FormatError("proof too long");
    proof.path.push_back(*std::move(hash));
  }
  return proof;
}

absl::StatusOr<Checkpoint> VerifyTlogProof(std::string_view entry,
                                           std::string_view proof_text,
                                           const TrustPolicy& policy,
                                           Hasher hasher) {
  ASSIGN_OR_RETURN(TlogProof proof, ParseTlogProof(proof_text));
  ASSIGN_OR_RETURN(Checkpoint checkpoint,
                   policy.OpenCheckpoint(proof.checkpoint));
  RETURN_IF_ERROR(VerifyInclusion(hasher, proof.index, checkpoint.size,
                                  hasher.Leaf(entry), proof.path,
                                  checkpoint.root));
  return checkpoint;
}

}  // namespace shiming::ledger
