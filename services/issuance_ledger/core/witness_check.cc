#include "services/issuance_ledger/core/witness_check.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

#include "absl/time/time.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/checkpoint.h"
#include "ledger/hasher.h"

namespace shiming::issuance_ledger {
namespace {

// Safe to sign without any store: every tree of the log extends it.
absl::StatusOr<SignedTree> EmptyTree(const ledger::NoteSigner& signer) {
  SignedTree tree;
  tree.checkpoint = {
      .origin = signer.name(), .size = 0, .root = ledger::Hasher().EmptyRoot()};
  const std::string text = ledger::FormatCheckpoint(tree.checkpoint);
  ASSIGN_OR_RETURN(const std::string line,
                   signer.SignLine(text, absl::UnixEpoch()));
  tree.note = ledger::JoinNote(text, line);
  return tree;
}

}  // namespace

absl::StatusOr<std::string> CheckWitnesses(
    CosignatureCollector& collector, const ledger::NoteSigner& signer,
    asio::any_io_executor executor,
    const std::optional<StoredCheckpoint>& checkpoint) {
  SignedTree tree;
  if (checkpoint.has_value()) {
    tree.checkpoint = {.origin = signer.name(),
                       .size = static_cast<uint64_t>(checkpoint->size),
                       .root = checkpoint->root};
    tree.note = checkpoint->note;
  } else {
    ASSIGN_OR_RETURN(tree, EmptyTree(signer));
  }
  const CosignatureCollector::Round round =
      asio::co_spawn(executor, collector.Collect(std::move(tree)),
                     asio::use_future)
          .get();
  RETURN_IF_ERROR(round.forked);
  if (!round.doubted.ok()) {
    const absl::string_view why = round.doubted.message();
    return MakeError(Reason::LEDGER_WITNESS_MISMATCH,
                     std::string_view(why.data(), why.size()));
  }
  if (collector.strict() && !round.quorum_met) {
    return MakeError(Reason::LEDGER_QUORUM_NOT_MET,
                     "too few witnesses have answered");
  }
  return checkpoint.has_value() ? round.note : std::string();
}

}  // namespace shiming::issuance_ledger
