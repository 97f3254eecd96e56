// Signed notes (C2SP signed-note): text, a blank line, signature lines.
#ifndef SHIMING_LEDGER_NOTE_H_
#define SHIMING_LEDGER_NOTE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"

namespace shiming::ledger {

// C2SP signed-note, "Signature types"; the byte before the public key in a
// verifier key and in the key id's hash.
enum class SignatureType : uint8_t {
  kEd25519 = 0x01,             // over the text: logs
  kEd25519Cosignature = 0x04,  // with a time: witnesses
  kMlDsa44Cosignature = 0x06,  // not verified here (needs OpenSSL 3.5)
};

// Most signature lines that are read. The document wants at least 16 accepted.
inline constexpr size_t kMaxSignatureLines = 100;
// Longest note that is read; a checkpoint has a few hundred bytes.
inline constexpr size_t kMaxNoteSize = 1 << 20;

// First 4 bytes of SHA-256(name || LF || type || public key).
std::string KeyIdOf(std::string_view name, SignatureType type,
                    std::string_view public_key);

// A verifier key (vkey), parsed. Immutable, copyable, thread-safe.
class NoteVerifier {
 public:
  // "<name>+<8 hex>+<base64 of type || key>" of type 01 or 04.
  // LEDGER_FORMAT_INVALID also when the key id is not that of the key.
  static absl::StatusOr<NoteVerifier> Parse(std::string_view vkey);

  const std::string& name() const { return name_; }
  const std::string& key_id() const { return key_id_; }  // 4 raw bytes
  SignatureType type() const { return type_; }
  const std::string& vkey() const { return vkey_; }
  // The 32 raw bytes of the Ed25519 key: who compares these finds two names
  // for one key.
  std::string PublicKey() const { return key_->Raw(); }

  // Checks what stands behind the key id in a signature line.
  // LEDGER_SIGNATURE_INVALID when it does not verify.
  absl::Status Verify(std::string_view text, std::string_view signature) const;

 private:
  NoteVerifier() = default;

  std::string vkey_;
  std::string name_;
  std::string key_id_;
  SignatureType type_ = SignatureType::kEd25519;
  std::shared_ptr<const crypto::VerifyKey> key_;
};

// One signature line.
struct NoteSignature {
  std::string name;
  std::string key_id;     // 4 raw bytes
  std::string signature;  // what follows the key id

  // When a cosignature (type 04 or 06) was made: its first 8 bytes.
  absl::Time CosignatureTime() const;
};

// The line as it stands in a note, with its LF.
std::string FormatSignatureLine(const NoteSignature& signature);

// A note whose form is right; says nothing about its signatures.
struct Note {
  std::string text;  // with its final LF
  std::vector<NoteSignature> signatures;
};

// LEDGER_FORMAT_INVALID unless `bytes` is a note: split at the last blank
// line, UTF-8, no control characters but LF, at least one signature line, no
// other lines behind them.
absl::StatusOr<Note> ParseNote(std::string_view bytes);

// Checks every line of a known key, matched by name and key id; lines of
// unknown keys are skipped. LEDGER_SIGNATURE_INVALID when a known key's line
// does not verify, whatever the others say, or when no known key signed.
// Gives the positions in `verifiers` of those who signed, in their order.
absl::StatusOr<std::vector<size_t>> VerifyNote(
    const Note& note, std::span<const NoteVerifier> verifiers);

// Signs notes as a log or as a witness. Immutable, thread-safe.
class NoteSigner {
 public:
  // LEDGER_FORMAT_INVALID when `name` is no key name or `key` is not Ed25519.
  static absl::StatusOr<NoteSigner> ForLog(std::string name,
                                           crypto::SigningKey key);
  static absl::StatusOr<NoteSigner> ForWitness(std::string name,
                                               crypto::SigningKey key);

  const std::string& name() const { return name_; }
  // The verifier key to publish.
  std::string vkey() const;

  // The signature line over `text`, with its LF. A log's ignores `time`; a
  // witness's says it, in whole seconds.
  absl::StatusOr<std::string> SignLine(std::string_view text,
                                       absl::Time time) const;

 private:
  NoteSigner(std::string name, SignatureType type, crypto::SigningKey key);
  static absl::StatusOr<NoteSigner> Make(std::string name, SignatureType type,
                                         crypto::SigningKey key);

  std::string name_;
  SignatureType type_;
  std::shared_ptr<const crypto::SigningKey> key_;
};

// `text`, the blank line, `signature_lines` (each with its LF).
std::string JoinNote(std::string_view text, std::string_view signature_lines);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_NOTE_H_
