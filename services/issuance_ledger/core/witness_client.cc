#include "services/issuance_ledger/core/witness_client.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/proofs.h"
#include "ledger/text.h"
#include "ledger/tiles.h"
#include "ledger/witness.h"
#include "services/issuance_ledger/core/on_executor.h"
#include "services/issuance_ledger/core/receipt_maker.h"

namespace shiming::issuance_ledger {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A witness that changes its mind more often than this is not followed.
constexpr int kMostAttempts = 3;
constexpr char kSizeType[] = "text/x.tlog.size";

absl::Duration LeftUntil(SteadyClock::time_point deadline) {
  return absl::FromChrono(deadline - SteadyClock::now());
}

absl::Status Useless(std::string_view why) {
  return absl::UnavailableError(absl::string_view(why.data(), why.size()));
}

// The size in a 409; nullopt when it is no such answer.
std::optional<uint64_t> SizeIn(const WitnessReply& reply) {
  if (reply.http_status != 409 || reply.content_type != kSizeType ||
      reply.body.empty() || reply.body.back() != '\n') {
    return std::nullopt;
  }
  return ledger::ParseDecimal(
      std::string_view(reply.body).substr(0, reply.body.size() - 1));
}

// Root of the first `size` entries of the tree of `available` entries.
absl::StatusOr<ledger::Hash> RootAt(const ledger::FileReader& files,
                                    uint64_t size, uint64_t available) {
  const ledger::Hasher hasher;
  return ledger::MakeRoot(
      hasher,
      ledger::SubtreesFromTiles(hasher, ledger::TilesOf(files), available),
      size);
}

// What the witness shows must be a checkpoint that our own key has signed.
absl::StatusOr<ledger::Checkpoint> OwnCheckpoint(
    const std::string& note, const ledger::NoteVerifier& log_key) {
  ASSIGN_OR_RETURN(const ledger::Note parsed, ledger::ParseNote(note));
  ASSIGN_OR_RETURN(ledger::Checkpoint checkpoint,
                   ledger::ParseCheckpoint(parsed.text));
  if (checkpoint.origin != log_key.name()) return Useless("of another log");
  const ledger::NoteVerifier keys[] = {log_key};
  RETURN_IF_ERROR(ledger::VerifyNote(parsed, keys).status());
  return checkpoint;
}

}  // namespace

asio::awaitable<absl::StatusOr<std::string>> WitnessClient::Cosign(
    SignedTree tree, SteadyClock::time_point deadline) {
  uint64_t old_size = std::min(last_size_, tree.checkpoint.size);
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    absl::StatusOr<std::string> line =
        co_await CosignFrom(old_size, tree, deadline);
    if (line.ok() || !absl::IsAborted(line.status())) co_return line;
    // It has cosigned another size: the proof must begin there.
    if (last_size_ > tree.checkpoint.size) {
      co_return co_await Evidence(
          tree,
          absl::StrCat("claims to have cosigned ", last_size_, " of ",
                       tree.checkpoint.size, " entries"),
          deadline);
    }
    old_size = last_size_;
  }
  co_return Useless("contradicts itself about the size that it cosigned");
}

asio::awaitable<absl::StatusOr<std::string>> WitnessClient::CosignFrom(
    uint64_t old_size, const SignedTree& tree, Deadline deadline) {
  using Proof = std::vector<ledger::Hash>;
  const uint64_t size = tree.checkpoint.size;
  std::function<absl::StatusOr<Proof>()> prove = [files = options_.files,
                                                  old_size, size] {
    return ReceiptMaker(files).ConsistencyProof(old_size, size, size);
  };
  ledger::AddCheckpointRequest request;
  request.old_size = old_size;
  request.checkpoint = tree.note;
  CO_ASSIGN_OR_RETURN(request.proof, co_await OnExecutor(options_.file_executor,
                                                         std::move(prove)));
  const absl::Duration left = LeftUntil(deadline);
  if (left <= absl::ZeroDuration()) co_return Useless("no time left");
  std::string body = ledger::FormatAddCheckpoint(request);
  CO_ASSIGN_OR_RETURN(
      const WitnessReply reply,
      co_await options_.transport->AddCheckpoint(std::move(body), left));
  if (reply.http_status == 200) {
    CO_ASSIGN_OR_RETURN(std::string line, LineOf(reply, tree));
    last_size_ = size;
    co_return line;
  }
  if (reply.http_status == 422) {
    co_return co_await Evidence(
        tree, absl::StrCat("finds no way from ", old_size, " to ", size),
        deadline);
  }
  const std::optional<uint64_t> last = SizeIn(reply);
  if (!last.has_value() || *last == old_size) {
    co_return Useless(absl::StrCat("answered ", reply.http_status));
  }
  last_size_ = *last;
  co_return absl::AbortedError("another size was cosigned");
}

absl::StatusOr<std::string> WitnessClient::LineOf(
    const WitnessReply& reply, const SignedTree& tree) const {
  const std::string text = ledger::FormatCheckpoint(tree.checkpoint);
  const auto note = ledger::ParseNote(ledger::JoinNote(text, reply.body));
  if (!note.ok() || note->text != text) {
    return Useless("answered with no signature lines");
  }
  for (const ledger::NoteSignature& signature : note->signatures) {
    if (signature.name != options_.key.name() ||
        signature.key_id != options_.key.key_id()) {
      continue;  // of a key that we do not know
    }
    if (!options_.key.Verify(text, signature.signature).ok()) {
      return Useless("answered with a wrong signature");
    }
    return ledger::FormatSignatureLine(signature);
  }
  return Useless("answered without a signature of its key");
}

asio::awaitable<absl::Status> WitnessClient::Evidence(const SignedTree& tree,
                                                      std::string claim,
                                                      Deadline deadline) {
  absl::Status unproven = absl::FailedPreconditionError(claim);
  // What it said is not believed again without a reason.
  last_size_ = 0;
  const absl::Duration left = LeftUntil(deadline);
  if (left <= absl::ZeroDuration()) co_return unproven;
  std::string hash = ledger::OriginHash(options_.log_key.name());
  const absl::StatusOr<WitnessReply> reply =
      co_await options_.transport->GetCheckpoint(std::move(hash), left);
  if (!reply.ok() || reply->http_status != 200) co_return unproven;
  const absl::StatusOr<ledger::Checkpoint> seen =
      OwnCheckpoint(reply->body, options_.log_key);
  if (!seen.ok()) co_return unproven;
  const uint64_t size = tree.checkpoint.size;
  if (seen->size <= size) {
    std::function<absl::StatusOr<ledger::Hash>()> root =
        [files = options_.files, at = seen->size, size] {
          return RootAt(files, at, size);
        };
    const absl::StatusOr<ledger::Hash> ours =
        co_await OnExecutor(options_.file_executor, std::move(root));
    // It shows what we extend: so its claim is a lie, or has aged.
    if (!ours.ok() || *ours == seen->root) co_return unproven;
  }
  co_return MakeError(
      Reason::LEDGER_WITNESS_MISMATCH,
      absl::StrCat(options_.name, " ", claim, " and shows a checkpoint of ",
                   seen->size, " entries that this log's key has signed"));
}

}  // namespace shiming::issuance_ledger
