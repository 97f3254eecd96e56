#include "identity/vault/file_keyring.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"

namespace shiming::identity {
namespace {

constexpr size_t kMaxKeyId = 32;
constexpr std::string_view kInternational = "international";
constexpr std::string_view kCommercial = "commercial";

bool IsKeyId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxKeyId &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
         });
}

// Binds a wrapped key to whose it is.
std::string AadOf(std::string_view owner) {
  std::string aad = "shiming/data-key/v1";
  aad += '\0';
  aad += owner;
  return aad;
}

absl::Status CheckAccess(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return absl::NotFoundError(absl::StrCat("no keyring ", path));
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("others may read the keyring ", path, ": chmod 600"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FileKeyring::CreateFile(const std::string& path,
                                     crypto::Suite suite,
                                     crypto::Random& random) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is a keyring already: ", path));
  }
  const std::string_view suite_name =
      suite == crypto::Suite::kCommercial ? kCommercial : kInternational;
  const std::string text = absl::StrCat(
      "# Key-encryption keys; the last line is the present one.\nkek-1 ",
      std::string(suite_name), " ",
      crypto::ToHex(random.Bytes(crypto::kSealingKeyBytes)), "\n");
  return ReplaceFile(path, text, FileAccess::kOwner);
}

absl::StatusOr<std::unique_ptr<FileKeyring>> FileKeyring::Load(
    const std::string& path, crypto::Random& random) {
  RETURN_IF_ERROR(CheckAccess(path));
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  std::unique_ptr<FileKeyring> keyring(new FileKeyring(random));
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    if (!keyring->AddLine({line.data(), line.size()}).ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": not a key"));
    }
  }
  if (keyring->present_ == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": no key"));
  }
  return keyring;
}

absl::Status FileKeyring::AddLine(std::string_view line) {
  const std::vector<std::string> parts = absl::StrSplit(
      absl::string_view(line.data(), line.size()), ' ', absl::SkipEmpty());
  if (parts.size() != 3 || !IsKeyId(parts[0]) || keys_.contains(parts[0]) ||
      (parts[1] != kInternational && parts[1] != kCommercial)) {
    return absl::InvalidArgumentError("not a key");
  }
  ASSIGN_OR_RETURN(std::string bytes, crypto::FromHex(parts[2]));
  crypto::Secret secret(std::move(bytes));
  if (secret.size() != crypto::kSealingKeyBytes) {
    return absl::InvalidArgumentError("not a key");
  }
  const crypto::Suite suite = parts[1] == kCommercial
                                  ? crypto::Suite::kCommercial
                                  : crypto::Suite::kInternational;
  const auto [at, added] =
      keys_.emplace(parts[0], Key{.suite = suite, .secret = std::move(secret)});
  present_id_ = at->first;
  present_ = &at->second;
  return absl::OkStatus();
}

absl::StatusOr<std::string> FileKeyring::Wrap(const crypto::Secret& data_key,
                                              std::string_view owner) const {
  ASSIGN_OR_RETURN(const std::string sealed,
                   crypto::Seal(present_->suite, present_->secret,
                                data_key.Reveal(), AadOf(owner), random_));
  return static_cast<char>(present_id_.size()) + present_id_ + sealed;
}

absl::StatusOr<crypto::Secret> FileKeyring::Unwrap(
    std::string_view wrapped, std::string_view owner) const {
  const size_t id_size =
      wrapped.empty() ? 0 : static_cast<unsigned char>(wrapped[0]);
  if (wrapped.size() < 1 + id_size) {
    return absl::DataLossError("wrapped key is cut short");
  }
  const auto key = keys_.find(wrapped.substr(1, id_size));
  if (key == keys_.end()) {
    return absl::FailedPreconditionError("key-encryption key is not there");
  }
  return crypto::Open(key->second.secret, wrapped.substr(1 + id_size),
                      AadOf(owner));
}

}  // namespace shiming::identity
