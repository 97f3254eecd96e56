// Key-encryption keys in a file.
#ifndef SHIMING_IDENTITY_VAULT_FILE_KEYRING_H_
#define SHIMING_IDENTITY_VAULT_FILE_KEYRING_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "identity/vault/key_provider.h"

namespace shiming::identity {

// The file has one key a line, the present one last:
//
//   <key id> <international|commercial> <64 hex digits>
//
// Key ids are 1 to 32 characters of [a-z0-9-]; lines that begin with # and
// empty lines are skipped. Rotation appends a line; old ones stay until nothing
// is wrapped under them. A wrapped key is: length of the key id (1 byte) ‖ key
// id ‖ what crypto::Seal wrote, with "shiming/data-key/v1" ‖ 0x00 ‖ owner as
// its associated data.
class FileKeyring final : public KeyProvider {
 public:
  // Writes a keyring with one fresh key, 0600. FAILED_PRECONDITION when the
  // file is there already: it is never written over.
  static absl::Status CreateFile(const std::string& path, crypto::Suite suite,
                                 crypto::Random& random);

  // Reads the file once. FAILED_PRECONDITION when others than its owner may
  // read it; INVALID_ARGUMENT naming the line that is malformed; NOT_FOUND.
  // `random` is not owned and outlives the keyring.
  static absl::StatusOr<std::unique_ptr<FileKeyring>> Load(
      const std::string& path, crypto::Random& random);

  absl::StatusOr<std::string> Wrap(const crypto::Secret& data_key,
                                   std::string_view owner) const override;
  absl::StatusOr<crypto::Secret> Unwrap(std::string_view wrapped,
                                        std::string_view owner) const override;
  crypto::Suite suite() const override { return present_->suite; }

 private:
  struct Key {
    crypto::Suite suite;
    crypto::Secret secret;
  };

  explicit FileKeyring(crypto::Random& random) : random_(random) {}
  absl::Status AddLine(std::string_view line);

  crypto::Random& random_;
  std::map<std::string, Key, std::less<>> keys_;
  std::string present_id_;
  const Key* present_ = nullptr;  // in keys_
};

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_VAULT_FILE_KEYRING_H_
