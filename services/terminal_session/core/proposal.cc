#include "services/terminal_session/core/proposal.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/crypto/keys.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/terminal_session/core/network_zone.h"
#include "services/terminal_session/core/opening_hours.h"

namespace shiming::terminal_session {
namespace {

using terminal::v1::Clerk;
using terminal::v1::Display;
using terminal::v1::ProposalContent;
using terminal::v1::Shop;
using terminal::v1::Terminal;

// GB/T 2260: the first two digits of a region's code, one for each of the 34
// province-level divisions.
constexpr std::array<std::string_view, 34> kRegions = {
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34",
    "35", "36", "37", "41", "42", "43", "44", "45", "46", "50", "51", "52",
    "53", "54", "61", "62", "63", "64", "65", "71", "81", "82"};

// libsodium's argon2id with its interactive limits (crypto_pwhash.h:
// OPSLIMIT_INTERACTIVE 2, MEMLIMIT_INTERACTIVE 64 MiB) and the length of the
// whole string (crypto_pwhash_STRBYTES without its NUL).
constexpr std::string_view kPasswordHashPrefix =
    "$argon2id$v=19$m=65536,t=2,p=1$";
constexpr size_t kMaxPasswordHashCharacters = 127;

absl::Status CheckId(std::string_view id, std::string_view field) {
  if (id.empty()) {
    return MakeError(Reason::FIELD_REQUIRED, "id is missing",
                     {.field = std::string(field)});
  }
  if (id.size() > kMaxIdCharacters) {
    return MakeError(Reason::FIELD_TOO_LONG, "id is too long",
                     {.field = std::string(field)});
  }
  if (!IsChosenId(id)) {
    return MakeError(Reason::INVALID_REQUEST, "id has other than [a-z0-9-]",
                     {.field = std::string(field)});
  }
  return absl::OkStatus();
}

// Number of code points of UTF-8; protobuf has checked that it is UTF-8.
int CharacterCount(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

absl::StatusOr<crypto::VerifyKey> CheckKey(std::string_view der,
                                           std::string_view field) {
  if (der.empty()) {
    return MakeError(Reason::FIELD_REQUIRED, "key is missing",
                     {.field = std::string(field)});
  }
  absl::StatusOr<crypto::VerifyKey> key = crypto::VerifyKey::FromDer(der);
  if (key.ok()) return key;
  return MakeError(Reason::BAD_PUBLIC_KEY, "no SPKI of Ed25519 or P-256",
                   {.field = std::string(field)});
}

absl::Status CheckShop(const Shop& shop) {
  RETURN_IF_ERROR(CheckId(shop.shop_id(), "shop_id"));
  if (shop.name().empty()) {
    return MakeError(Reason::FIELD_REQUIRED, "name is missing",
                     {.field = "name"});
  }
  if (CharacterCount(shop.name()) > kMaxShopNameCharacters) {
    return MakeError(Reason::FIELD_TOO_LONG, "name is too long",
                     {.field = "name"});
  }
  if (std::find(kRegions.begin(), kRegions.end(), shop.region()) ==
      kRegions.end()) {
    return MakeError(Reason::INVALID_REQUEST, "no region of GB/T 2260",
                     {.field = "region"});
  }
  RETURN_IF_ERROR(CheckOpeningHours(shop));
  if (shop.network_zones().empty()) {
    return MakeError(Reason::FIELD_REQUIRED, "no network zone",
                     {.field = "network_zones"});
  }
  if (shop.network_zones_size() > kMaxNetworkZones) {
    return MakeError(Reason::FIELD_TOO_LONG, "too many network zones",
                     {.field = "network_zones"});
  }
  for (int i = 0; i < shop.network_zones_size(); ++i) {
    RETURN_IF_ERROR(Under(absl::StrCat("network_zones[", i, "]"),
                          NetworkZone::Parse(shop.network_zones(i)).status()));
  }
  return absl::OkStatus();
}

absl::Status CheckTerminal(const Terminal& terminal) {
  RETURN_IF_ERROR(CheckId(terminal.shop_id(), "shop_id"));
  RETURN_IF_ERROR(CheckId(terminal.terminal_id(), "terminal_id"));
  ASSIGN_OR_RETURN(crypto::VerifyKey tls_key,
                   CheckKey(terminal.tls_public_key(), "tls_public_key"));
  ASSIGN_OR_RETURN(
      crypto::VerifyKey evidence_key,
      CheckKey(terminal.evidence_public_key(), "evidence_public_key"));
  if (evidence_key.algorithm() != crypto::KeyAlgorithm::kEcdsaP256) {
    return MakeError(Reason::BAD_PUBLIC_KEY, "evidence keys are ECDSA P-256",
                     {.field = "evidence_public_key"});
  }
  if (tls_key == evidence_key) {
    return MakeError(Reason::SAME_KEY, "TLS key and evidence key are the same",
                     {.field = "evidence_public_key"});
  }
  return absl::OkStatus();
}

absl::Status CheckDisplay(const Display& display) {
  RETURN_IF_ERROR(CheckId(display.shop_id(), "shop_id"));
  RETURN_IF_ERROR(CheckId(display.display_id(), "display_id"));
  RETURN_IF_ERROR(CheckId(display.terminal_id(), "terminal_id"));
  return CheckKey(display.tls_public_key(), "tls_public_key").status();
}

absl::Status CheckClerk(const Clerk& clerk) {
  RETURN_IF_ERROR(CheckId(clerk.clerk_id(), "clerk_id"));
  RETURN_IF_ERROR(CheckId(clerk.shop_id(), "shop_id"));
  if (clerk.role() != ClerkRole::CLERK_ROLE_CLERK &&
      clerk.role() != ClerkRole::CLERK_ROLE_SUPERVISOR) {
    return MakeError(Reason::INVALID_REQUEST, "no role", {.field = "role"});
  }
  const std::string& hash = clerk.password_hash();
  if (hash.rfind(kPasswordHashPrefix, 0) != 0 ||
      hash.size() > kMaxPasswordHashCharacters ||
      !std::all_of(hash.begin(), hash.end(),
                   [](char c) { return c > ' ' && c < '\x7f'; })) {
    return MakeError(Reason::INVALID_REQUEST,
                     "no argon2id hash with interactive limits",
                     {.field = "password_hash"});
  }
  if (clerk.totp_seed().size() != kTotpSeedBytes) {
    return MakeError(Reason::INVALID_REQUEST, "a seed has 20 bytes",
                     {.field = "totp_seed"});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Serialize(const ProposalContent& content) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  if (!content.SerializeToCodedStream(&out)) {
    return MakeError(Reason::INTERNAL_ERROR, "content does not serialise");
  }
  out.Trim();
  return bytes;
}

}  // namespace

bool IsChosenId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxIdCharacters &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

absl::StatusOr<CheckedProposal> CheckProposal(const ProposalContent& content,
                                              const CredentialBox& box) {
  CheckedProposal checked;
  checked.content = content;
  // Fields of a newer client would be stored unseen.
  checked.content.DiscardUnknownFields();
  switch (content.subject_case()) {
    case ProposalContent::kShop:
      RETURN_IF_ERROR(Under("content.shop", CheckShop(content.shop())));
      checked.kind = SubjectKind::SUBJECT_KIND_SHOP;
      checked.shop_id = content.shop().shop_id();
      checked.subject_id = checked.shop_id;
      break;
    case ProposalContent::kTerminal:
      RETURN_IF_ERROR(
          Under("content.terminal", CheckTerminal(content.terminal())));
      checked.kind = SubjectKind::SUBJECT_KIND_TERMINAL;
      checked.shop_id = content.terminal().shop_id();
      checked.subject_id =
          checked.shop_id + "/" + content.terminal().terminal_id();
      break;
    case ProposalContent::kDisplay:
      RETURN_IF_ERROR(
          Under("content.display", CheckDisplay(content.display())));
      checked.kind = SubjectKind::SUBJECT_KIND_DISPLAY;
      checked.shop_id = content.display().shop_id();
      checked.subject_id =
          checked.shop_id + "/" + content.display().display_id();
      break;
    case ProposalContent::kClerk: {
      RETURN_IF_ERROR(Under("content.clerk", CheckClerk(content.clerk())));
      checked.kind = SubjectKind::SUBJECT_KIND_CLERK;
      checked.shop_id = content.clerk().shop_id();
      checked.subject_id = content.clerk().clerk_id();
      ASSIGN_OR_RETURN(
          std::string sealed,
          box.Seal(content.clerk().clerk_id(), content.clerk().totp_seed()));
      checked.content.mutable_clerk()->set_totp_seed(std::move(sealed));
      break;
    }
    case ProposalContent::SUBJECT_NOT_SET:
      return MakeError(Reason::FIELD_REQUIRED, "content is empty",
                       {.field = "content"});
  }
  ASSIGN_OR_RETURN(checked.stored_bytes, Serialize(checked.content));
  checked.digest = crypto::Sha256(checked.stored_bytes);
  return checked;
}

absl::StatusOr<ProposalContent> ParseStoredContent(
    std::string_view stored_bytes) {
  ProposalContent content;
  if (!content.ParseFromArray(stored_bytes.data(),
                              static_cast<int>(stored_bytes.size()))) {
    return MakeError(Reason::INTERNAL_ERROR, "stored content does not parse");
  }
  return content;
}

std::vector<std::string> PinnedKeys(const ProposalContent& content) {
  switch (content.subject_case()) {
    case ProposalContent::kTerminal:
      return {crypto::Sha256(content.terminal().tls_public_key()),
              crypto::Sha256(content.terminal().evidence_public_key())};
    case ProposalContent::kDisplay:
      return {crypto::Sha256(content.display().tls_public_key())};
    default:
      return {};
  }
}

ProposalContent WithoutCredentials(ProposalContent content) {
  if (content.has_clerk()) {
    content.mutable_clerk()->clear_password_hash();
    content.mutable_clerk()->clear_totp_seed();
  }
  return content;
}

}  // namespace shiming::terminal_session
