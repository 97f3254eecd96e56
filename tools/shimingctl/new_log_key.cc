#include "tools/shimingctl/new_log_key.h"

#include <cstdio>
#include <filesystem>
#include <string>

#include "common/crypto/keys.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "ledger/note.h"

namespace shiming::shimingctl {

absl::Status RunNewLogKey(Arguments& arguments) {
  RETURN_IF_ERROR(arguments.Word(1, "new-key").status());
  ASSIGN_OR_RETURN(const std::string origin, arguments.Required("origin"));
  ASSIGN_OR_RETURN(const std::string stem, arguments.Required("out"));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  const std::string key_file = stem + ".key";
  const std::string vkey_file = stem + ".vkey";
  for (const std::string& file : {key_file, vkey_file}) {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) {
      return absl::AlreadyExistsError(file);
    }
  }
  ASSIGN_OR_RETURN(const crypto::SigningKey key,
                   crypto::SigningKey::GenerateEd25519());
  ASSIGN_OR_RETURN(const ledger::NoteSigner signer,
                   ledger::NoteSigner::ForLog(origin, key));
  RETURN_IF_ERROR(
      ReplaceFile(key_file, key.ToPem().Reveal(), FileAccess::kOwner));
  RETURN_IF_ERROR(
      ReplaceFile(vkey_file, signer.vkey() + "\n", FileAccess::kEveryone));
  printf("%s\n", signer.vkey().c_str());
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
