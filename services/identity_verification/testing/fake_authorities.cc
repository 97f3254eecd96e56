#include "services/identity_verification/testing/fake_authorities.h"

#include <utility>

#include "common/status/reason.h"

namespace shiming::identity_verification {

using boost::asio::awaitable;

void FakeSessionAuthority::Open(Standing standing) {
  std::lock_guard lock(mutex_);
  std::string id = standing.session_id;
  sessions_[id] = std::move(standing);
}

void FakeSessionAuthority::Close(const std::string& session_id) {
  std::lock_guard lock(mutex_);
  sessions_.erase(session_id);
}

void FakeSessionAuthority::IssueNonce(const std::string& nonce) {
  std::lock_guard lock(mutex_);
  nonces_[nonce] = "";
}

bool FakeSessionAuthority::IsSpent(const std::string& nonce) const {
  std::lock_guard lock(mutex_);
  return !nonces_.at(nonce).empty();
}

void FakeSessionAuthority::FailWith(absl::Status status) {
  std::lock_guard lock(mutex_);
  failure_ = std::move(status);
}

awaitable<absl::StatusOr<Standing>> FakeSessionAuthority::CheckSession(
    const Caller&, const std::string&, const std::string& session_id) {
  std::lock_guard lock(mutex_);
  if (!failure_.ok()) co_return failure_;
  const auto session = sessions_.find(session_id);
  if (session == sessions_.end()) {
    co_return MakeError(Reason::SESSION_NOT_OPEN, "not open");
  }
  co_return session->second;
}

awaitable<absl::Status> FakeSessionAuthority::ConsumeReadNonce(
    const Caller&, const std::string&, const std::string& nonce,
    const std::string& evidence_sha256) {
  std::lock_guard lock(mutex_);
  if (!failure_.ok()) co_return failure_;
  const auto found = nonces_.find(nonce);
  if (found == nonces_.end()) {
    co_return MakeError(Reason::NONCE_UNKNOWN, "unknown");
  }
  if (found->second.empty()) found->second = evidence_sha256;
  if (found->second != evidence_sha256) {
    co_return MakeError(Reason::NONCE_USED, "used");
  }
  co_return absl::OkStatus();
}

void FakeIdentityAuthority::AnswerWith(absl::StatusOr<AuthorityCheck> answer) {
  std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

void FakeIdentityAuthority::CountWith(absl::StatusOr<int> count) {
  std::lock_guard lock(mutex_);
  count_ = std::move(count);
}

size_t FakeIdentityAuthority::question_count() const {
  std::lock_guard lock(mutex_);
  return request_ids_.size();
}

int FakeIdentityAuthority::call_count() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

awaitable<absl::StatusOr<AuthorityCheck>> FakeIdentityAuthority::CheckIdentity(
    const Caller&, const std::string& request_id, const identity::CardBlock&) {
  std::lock_guard lock(mutex_);
  ++calls_;
  request_ids_.insert(request_id);
  co_return answer_;
}

awaitable<absl::StatusOr<int>> FakeIdentityAuthority::CountNumbers(
    const Caller&, const std::string& request_id, const identity::IdNumber&) {
  std::lock_guard lock(mutex_);
  ++calls_;
  request_ids_.insert(request_id);
  co_return count_;
}

}  // namespace shiming::identity_verification
