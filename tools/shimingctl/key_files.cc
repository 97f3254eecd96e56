#include "tools/shimingctl/key_files.h"

#include <filesystem>

#include "common/crypto/cipher.h"
#include "common/crypto/encoding.h"
#include "common/crypto/keys.h"
#include "common/crypto/random.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "identity/vault/file_keyring.h"
#include "ledger/note.h"
#include "tools/witness/witness_settings.h"

namespace shiming::shimingctl {
namespace {

bool Exists(const std::string& path) { return std::filesystem::exists(path); }

// 32 random bytes as hex digits.
absl::Status EnsureSecret(const std::string& path) {
  if (Exists(path)) return absl::OkStatus();
  return ReplaceFile(path,
                     crypto::ToHex(crypto::SystemRandom().Bytes(32)) + "\n",
                     FileAccess::kOwner);
}

absl::Status EnsureKeyring(const std::string& path) {
  if (Exists(path)) return absl::OkStatus();
  return identity::FileKeyring::CreateFile(path, crypto::Suite::kInternational,
                                           crypto::SystemRandom());
}

// <stem>.key and <stem>.pub.
absl::Status EnsureKeyPair(const std::string& stem,
                           absl::StatusOr<crypto::SigningKey> (*generate)()) {
  if (Exists(stem + ".key")) return absl::OkStatus();
  ASSIGN_OR_RETURN(const crypto::SigningKey key, generate());
  RETURN_IF_ERROR(
      ReplaceFile(stem + ".pub", key.Public().ToPem(), FileAccess::kEveryone));
  return ReplaceFile(stem + ".key", key.ToPem().Reveal(), FileAccess::kOwner);
}

absl::Status EnsureLedgerKey(const Layout& layout) {
  if (Exists(layout.Key("ledger.vkey"))) return absl::OkStatus();
  RETURN_IF_ERROR(EnsureKeyPair(layout.Key("ledger"),
                                &crypto::SigningKey::GenerateEd25519));
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(layout.Key("ledger.key")));
  ASSIGN_OR_RETURN(crypto::SigningKey key, crypto::SigningKey::FromPem(pem));
  ASSIGN_OR_RETURN(const ledger::NoteSigner signer,
                   ledger::NoteSigner::ForLog(LogOrigin(layout), key));
  return ReplaceFile(layout.Key("ledger.vkey"), signer.vkey() + "\n",
                     FileAccess::kEveryone);
}

absl::StatusOr<std::string> FirstLineOf(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return text.substr(0, text.find('\n'));
}

// Key, state and verifier key of the witness.
absl::Status EnsureWitness(const Layout& layout) {
  if (Exists(layout.Witness() + "/witness.vkey")) return absl::OkStatus();
  return witness::MakeWitness(WitnessConfigOf(layout)).status();
}

absl::Status EnsurePolicy(const Layout& layout) {
  if (Exists(layout.Policy())) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string log,
                   FirstLineOf(layout.Key("ledger.vkey")));
  ASSIGN_OR_RETURN(const std::string witness,
                   FirstLineOf(layout.Witness() + "/witness.vkey"));
  return ReplaceFile(
      layout.Policy(),
      absl::StrCat("# Whom to believe: the log, and the witness that must "
                   "have cosigned it.\n",
                   "log ", log, " https://", layout.Address(Port::kGatewayLog),
                   "/\n", "witness demo ", witness, " https://",
                   layout.Address(Port::kWitness), "\n", "quorum demo\n"),
      FileAccess::kEveryone);
}

}  // namespace

config::v1::WitnessConfig WitnessConfigOf(const Layout& layout) {
  config::v1::WitnessConfig config;
  config.set_name(absl::StrCat("witness.", layout.trust_domain, "/1"));
  config.set_key_file(layout.Witness() + "/witness.key");
  config.set_state_folder(layout.Witness() + "/state");
  config.set_listen(layout.Address(Port::kWitness));
  // Logs need no certificate to ask a witness.
  const std::string stem = layout.Pki() + "/outside/witness";
  config.mutable_tls()->set_certificate_file(stem + ".crt");
  config.mutable_tls()->set_key_file(stem + ".key");
  config.set_admin_listen(layout.Address(Port::kWitnessAdmin));
  config.set_policy_file(layout.Policy());
  return config;
}

std::string LogOrigin(const Layout& layout) {
  return absl::StrCat("ledger.", layout.trust_domain, "/1");
}

absl::Status MakeKeyFiles(const Layout& layout) {
  RETURN_IF_ERROR(MakeFolder(layout.data + "/keys", FileAccess::kOwner));
  RETURN_IF_ERROR(EnsureKeyPair(layout.Key("attestation"),
                                &crypto::SigningKey::GenerateEd25519));
  RETURN_IF_ERROR(EnsureKeyPair(layout.Key("demo_face_engine"),
                                &crypto::SigningKey::GenerateP256));
  RETURN_IF_ERROR(EnsureLedgerKey(layout));
  RETURN_IF_ERROR(EnsureWitness(layout));
  RETURN_IF_ERROR(EnsurePolicy(layout));
  for (const char* name : {"identity.keyring", "order.keyring"}) {
    RETURN_IF_ERROR(EnsureKeyring(layout.Key(name)));
  }
  for (const char* name :
       {"identity_index.key", "pseudonym.key", "pseudonym.salt",
        "shift_token.key", "credentials.key"}) {
    RETURN_IF_ERROR(EnsureSecret(layout.Key(name)));
  }
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
