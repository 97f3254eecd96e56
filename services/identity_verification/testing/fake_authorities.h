// The world around step 3, under a test's control.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_TESTING_FAKE_AUTHORITIES_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_TESTING_FAKE_AUTHORITIES_H_

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "services/identity_verification/core/identity_authority.h"
#include "services/identity_verification/core/session_authority.h"

namespace shiming::identity_verification {

// terminal_session with some open sessions. Thread-safe.
class FakeSessionAuthority final : public SessionAuthority {
 public:
  // From now on this session is open, with this standing.
  void Open(Standing standing);
  void Close(const std::string& session_id);
  // A nonce that may be spent in any session.
  void IssueNonce(const std::string& nonce);
  bool IsSpent(const std::string& nonce) const;
  // Every call fails with this until it is OK again.
  void FailWith(absl::Status status);

  boost::asio::awaitable<absl::StatusOr<Standing>> CheckSession(
      const Caller& caller, const std::string& shift_token,
      const std::string& session_id) override;
  boost::asio::awaitable<absl::Status> ConsumeReadNonce(
      const Caller& caller, const std::string& session_id,
      const std::string& nonce, const std::string& evidence_sha256) override;

 private:
  mutable std::mutex mutex_;
  absl::Status failure_;
  std::map<std::string, Standing> sessions_;
  // Nonce to the digest it was spent for; empty while it is not.
  std::map<std::string, std::string> nonces_;
};

// The mobile operator's side. Thread-safe.
class FakeIdentityAuthority final : public IdentityAuthority {
 public:
  void AnswerWith(absl::StatusOr<AuthorityCheck> answer);
  void CountWith(absl::StatusOr<int> count);
  // Different request ids that were seen, and all calls.
  size_t question_count() const;
  int call_count() const;

  boost::asio::awaitable<absl::StatusOr<AuthorityCheck>> CheckIdentity(
      const Caller& caller, const std::string& request_id,
      const identity::CardBlock& card) override;
  boost::asio::awaitable<absl::StatusOr<int>> CountNumbers(
      const Caller& caller, const std::string& request_id,
      const identity::IdNumber& number) override;

 private:
  mutable std::mutex mutex_;
  absl::StatusOr<AuthorityCheck> answer_ = AuthorityCheck{
      .answer = AuthorityAnswer::kMatch, .transaction_id = "authority-1"};
  absl::StatusOr<int> count_ = 0;
  std::set<std::string> request_ids_;
  int calls_ = 0;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_TESTING_FAKE_AUTHORITIES_H_
