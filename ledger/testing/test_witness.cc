#include "ledger/testing/test_witness.h"

#include <utility>

#include "absl/time/time.h"
#include "common/crypto/keys.h"

namespace shiming::ledger {
namespace {

constexpr int64_t kTime = 1'700'000'000;

}  // namespace

TestWitness::TestWitness(std::string name, char key_seed,
                         const std::string& log_vkey)
    : signer_(*NoteSigner::ForWitness(
          std::move(name),
          *crypto::SigningKey::FromEd25519Seed(std::string(32, key_seed)))),
      log_(*NoteVerifier::Parse(log_vkey)) {}

TestWitness::Answer TestWitness::AddCheckpoint(const std::string& body) {
  const WitnessTrust trust = {{log_.name(), {log_}}};
  std::lock_guard lock(mutex_);
  const WitnessedTree last = last_;
  const AddCheckpointDecision decision = DecideAddCheckpoint(
      trust, [&last](const std::string&) { return last; }, body);
  if (decision.http_status != 200) {
    return {decision.http_status, decision.content_type, decision.body};
  }
  last_ = {.size = decision.checkpoint.size, .root = decision.checkpoint.root};
  const std::string line =
      *signer_.SignLine(decision.checkpoint_text, absl::FromUnixSeconds(kTime));
  note_ = JoinNote(decision.checkpoint_text, decision.log_lines + line);
  return {200, "text/plain; charset=utf-8", line};
}

TestWitness::Answer TestWitness::GetCheckpoint(
    const std::string& origin_hash) const {
  std::lock_guard lock(mutex_);
  if (origin_hash != OriginHash(log_.name()) || note_.empty()) {
    return {404, "text/plain", "not found\n"};
  }
  return {200, "text/plain; charset=utf-8", note_};
}

WitnessedTree TestWitness::Last() const {
  std::lock_guard lock(mutex_);
  return last_;
}

void TestWitness::SetLast(const WitnessedTree& tree) {
  std::lock_guard lock(mutex_);
  last_ = tree;
}

}  // namespace shiming::ledger
