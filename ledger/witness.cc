#include "ledger/witness.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/proofs.h"
#include "ledger/text.h"

namespace shiming::ledger {
namespace {

constexpr std::string_view kOld = "old ";

absl::Status FormatError(std::string_view why) {
  return MakeError(Reason::LEDGER_FORMAT_INVALID, why);
}

AddCheckpointDecision Refuse(int http_status, std::string_view why) {
  return {.http_status = http_status, .why = std::string(why)};
}

// The first line of each of these keys in a note that they verify.
std::string LinesOf(const Note& note, const std::vector<NoteVerifier>& keys) {
  std::string lines;
  for (const NoteVerifier& key : keys) {
    for (const NoteSignature& signature : note.signatures) {
      if (key.name() != signature.name || key.key_id() != signature.key_id) {
        continue;
      }
      lines.append(FormatSignatureLine(signature));
      break;
    }
  }
  return lines;
}

}  // namespace

std::string FormatAddCheckpoint(const AddCheckpointRequest& request) {
  std::string body = absl::StrCat("old ", request.old_size, "\n");
  for (const Hash& hash : request.proof) {
    absl::StrAppend(&body, crypto::Base64(hash), "\n");
  }
  absl::StrAppend(&body, "\n", request.checkpoint);
  return body;
}

absl::StatusOr<AddCheckpointRequest> ParseAddCheckpoint(std::string_view body) {
  const size_t blank = body.find("\n\n");
  if (blank == std::string_view::npos) {
    return FormatError("request has no blank line");
  }
  const auto lines = SplitLines(body.substr(0, blank + 1));
  const std::string_view first = (*lines)[0];
  if (!first.starts_with(kOld)) return FormatError("no old line");
  const auto old_size = ParseDecimal(first.substr(kOld.size()));
  if (!old_size.has_value()) return FormatError("malformed old size");
  AddCheckpointRequest request{
      .old_size = *old_size, .checkpoint = std::string(body.substr(blank + 2))};
  for (size_t i = 1; i < lines->size(); ++i) {
    auto hash = ParseHashLine((*lines)[i]);
    if (!hash.has_value()) return FormatError("malformed proof line");
    if (request.proof.size() == kMaxWitnessProof) {
      return FormatError("proof has too many lines");
    }
    request.proof.push_back(*std::move(hash));
  }
  return request;
}

AddCheckpointDecision DecideAddCheckpoint(
    const WitnessTrust& trust,
    const std::function<WitnessedTree(const std::string& origin)>& last,
    std::string_view body) {
  const auto request = ParseAddCheckpoint(body);
  if (!request.ok()) return Refuse(400, "malformed request");
  const auto note = ParseNote(request->checkpoint);
  if (!note.ok()) return Refuse(400, "malformed note");
  auto checkpoint = ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return Refuse(400, "malformed checkpoint");
  const auto keys = trust.find(checkpoint->origin);
  if (keys == trust.end()) return Refuse(404, "unknown origin");
  if (!VerifyNote(*note, keys->second).ok()) {
    return Refuse(403, "no valid signature of a trusted key");
  }
  if (request->old_size > checkpoint->size) {
    return Refuse(400, "old size is above the checkpoint's");
  }
  const WitnessedTree witnessed = last(checkpoint->origin);
  if (request->old_size != witnessed.size) {
    AddCheckpointDecision conflict = Refuse(409, "another size was cosigned");
    conflict.content_type = "text/x.tlog.size";
    conflict.body = absl::StrCat(witnessed.size, "\n");
    return conflict;
  }
  const Hasher hasher;
  if (checkpoint->size == 0 && checkpoint->root != hasher.EmptyRoot()) {
    return Refuse(422, "size 0 with another root");
  }
  const Hash old_root =
      witnessed.size == 0 ? hasher.EmptyRoot() : witnessed.root;
  const absl::Status extends =
      VerifyConsistency(hasher, request->old_size, checkpoint->size,
                        request->proof, old_root, checkpoint->root);
  if (!extends.ok()) return Refuse(422, "not consistent with what was seen");
  return {.http_status = 200,
          .old_size = request->old_size,
          .checkpoint = *std::move(checkpoint),
          .checkpoint_text = note->text,
          .log_lines = LinesOf(*note, keys->second)};
}

std::string OriginHash(std::string_view origin) {
  return crypto::ToHex(crypto::Sha256(origin));
}

}  // namespace shiming::ledger
