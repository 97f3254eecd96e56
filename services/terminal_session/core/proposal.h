// The content that two admins agree on: what is checked before it is stored,
// how it is stored, and what of it may be shown.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_PROPOSAL_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_PROPOSAL_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/terminal_session/core/credential_box.h"
#include "services/terminal_session/core/records.h"

namespace shiming::terminal_session {

// Limits of content, beside those in the proto.
inline constexpr int kMaxIdCharacters = 32;
inline constexpr int kMaxShopNameCharacters = 60;
inline constexpr int kMaxNetworkZones = 32;
inline constexpr int kTotpSeedBytes = 20;

// A proposal that was checked and is ready to be stored.
struct CheckedProposal {
  SubjectKind kind = SubjectKind::SUBJECT_KIND_UNSPECIFIED;
  // "<shop>", "<shop>/<terminal>", "<shop>/<display>" or "<clerk>".
  std::string subject_id;
  std::string shop_id;
  // As it is stored: a clerk's TOTP seed is encrypted.
  terminal::v1::ProposalContent content;
  // Deterministic serialisation of `content`.
  std::string stored_bytes;
  // SHA-256 of stored_bytes, 32 bytes.
  std::string digest;
};

// True for [a-z0-9-], 1 to 32 characters: ids that admins choose.
bool IsChosenId(std::string_view id);

// Checks `content` and prepares it. FIELD_REQUIRED, FIELD_TOO_LONG,
// INVALID_REQUEST, BAD_PUBLIC_KEY, BAD_NETWORK_ZONE or SAME_KEY, naming the
// field.
absl::StatusOr<CheckedProposal> CheckProposal(
    const terminal::v1::ProposalContent& content, const CredentialBox& box);

// The content behind stored bytes. INTERNAL_ERROR when they do not parse.
absl::StatusOr<terminal::v1::ProposalContent> ParseStoredContent(
    std::string_view stored_bytes);

// SHA-256 of the DER of each key that `content` pins: a terminal's TLS key and
// evidence key, a display's TLS key.
std::vector<std::string> PinnedKeys(
    const terminal::v1::ProposalContent& content);

// `content` without a clerk's credentials.
terminal::v1::ProposalContent WithoutCredentials(
    terminal::v1::ProposalContent content);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_PROPOSAL_H_
