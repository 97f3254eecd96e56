#include "tools/shimingctl/pseudonym_key.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/crypto/commitment.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"

namespace shiming::shimingctl {
namespace {

constexpr size_t kSecretSize = 32;

absl::StatusOr<std::string> ReadHexFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  while (!text.empty() && absl::ascii_isspace(text.back())) text.pop_back();
  absl::StatusOr<std::string> bytes = crypto::FromHex(text);
  if (!bytes.ok() || bytes->size() != kSecretSize) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not 64 hexadecimal digits"));
  }
  return bytes;
}

// The salt's file beside the key's; empty when there is none.
std::string SaltBeside(const std::string& key_file) {
  constexpr std::string_view kEnd = ".key";
  if (!key_file.ends_with(kEnd)) return "";
  const std::string path =
      absl::StrCat(key_file.substr(0, key_file.size() - kEnd.size()), ".salt");
  return absl::IsNotFound(ReadFile(path).status()) ? "" : path;
}

}  // namespace

absl::StatusOr<PseudonymKey> ReadPseudonymKey(const std::string& key_file,
                                              const std::string& salt_file) {
  ASSIGN_OR_RETURN(std::string key, ReadHexFile(key_file));
  const std::string path = salt_file.empty() ? SaltBeside(key_file) : salt_file;
  std::string salt;
  if (!path.empty()) {
    ASSIGN_OR_RETURN(salt, ReadHexFile(path));
  }
  return PseudonymKey{.key = crypto::Secret(std::move(key)),
                      .salt = std::move(salt)};
}

absl::Status CheckPseudonymKey(const PseudonymKey& key,
                               std::string_view commitment) {
  if (key.salt.empty()) {
    return absl::InvalidArgumentError(
        "--pseudonym-salt is missing: K is checked against the log");
  }
  if (!crypto::OpensCommitment(
          commitment,
          ledger::LabelOf(ledger::v1::COMMITMENT_FIELD_PSEUDONYM_KEY), key.salt,
          key.key.Reveal())) {
    return MakeError(Reason::PSEUDONYM_KEY_MISMATCH,
                     "--pseudonym-key is not the K of LOG_OPENED");
  }
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
