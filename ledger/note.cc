#include "ledger/note.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/cosignature.h"
#include "ledger/text.h"

namespace shiming::ledger {
namespace {

constexpr size_t kKeyIdSize = 4;
constexpr size_t kEd25519KeySize = 32;
constexpr size_t kEd25519SignatureSize = 64;
constexpr size_t kTimeSize = 8;
// U+2014 EM DASH and a space.
constexpr std::string_view kSignaturePrefix = "\xE2\x80\x94 ";

absl::Status FormatError(std::string_view why) {
  return MakeError(Reason::LEDGER_FORMAT_INVALID, why);
}

absl::Status SignatureError(std::string_view why) {
  return MakeError(Reason::LEDGER_SIGNATURE_INVALID, why);
}

absl::StatusOr<NoteSignature> ParseSignatureLine(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) {
    return FormatError("line behind the blank line is no signature");
  }
  line.remove_prefix(kSignaturePrefix.size());
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) {
    return FormatError("signature line has no signature");
  }
  const std::string_view name = line.substr(0, space);
  if (!IsKeyName(name)) return FormatError("malformed key name");
  const auto blob = ParseBase64(line.substr(space + 1));
  if (!blob.has_value() || blob->size() <= kKeyIdSize) {
    return FormatError("malformed signature");
  }
  return NoteSignature{.name = std::string(name),
                       .key_id = blob->substr(0, kKeyIdSize),
                       .signature = blob->substr(kKeyIdSize)};
}

}  // namespace

std::string KeyIdOf(std::string_view name, SignatureType type,
                    std::string_view public_key) {
  std::string data(name);
  data.push_back('\n');
  data.push_back(static_cast<char>(type));
  data.append(public_key);
  return crypto::Sha256(data).substr(0, kKeyIdSize);
}

absl::StatusOr<NoteVerifier> NoteVerifier::Parse(std::string_view vkey) {
  const size_t first = vkey.find('+');
  if (first == std::string_view::npos) return FormatError("vkey has one part");
  const size_t second = vkey.find('+', first + 1);
  if (second == std::string_view::npos) {
    return FormatError("vkey has two parts");
  }
  const std::string_view name = vkey.substr(0, first);
  const std::string_view hex = vkey.substr(first + 1, second - first - 1);
  if (!IsKeyName(name)) return FormatError("vkey has a malformed name");
  const auto typed_key = ParseBase64(vkey.substr(second + 1));
  if (!typed_key.has_value() || typed_key->empty()) {
    return FormatError("vkey has a malformed key");
  }
  NoteVerifier verifier;
  verifier.vkey_ = std::string(vkey);
  verifier.name_ = std::string(name);
  verifier.type_ = static_cast<SignatureType>((*typed_key)[0]);
  if (verifier.type_ != SignatureType::kEd25519 &&
      verifier.type_ != SignatureType::kEd25519Cosignature) {
    return FormatError("vkey has a type that is not verified here");
  }
  const std::string public_key = typed_key->substr(1);
  if (public_key.size() != kEd25519KeySize) {
    return FormatError("vkey has a key of a wrong length");
  }
  verifier.key_id_ = KeyIdOf(name, verifier.type_, public_key);
  if (crypto::ToHex(verifier.key_id_) != hex) {
    return FormatError("vkey has another key id than its key");
  }
  ASSIGN_OR_RETURN(crypto::VerifyKey key,
                   crypto::VerifyKey::FromEd25519(public_key));
  verifier.key_ = std::make_shared<const crypto::VerifyKey>(std::move(key));
  return verifier;
}

absl::Status NoteVerifier::Verify(std::string_view text,
                                  std::string_view signature) const {
  std::string message(text);
  if (type_ == SignatureType::kEd25519Cosignature) {
    if (signature.size() != kTimeSize + kEd25519SignatureSize) {
      return SignatureError("cosignature has a wrong length");
    }
    const uint64_t time = ReadUint64(signature);
    if (time > kMaxCosignatureTime) {
      return SignatureError("cosignature has an invalid time");
    }
    message = Ed25519CosignatureMessage(time, text);
    signature.remove_prefix(kTimeSize);
  }
  if (signature.size() != kEd25519SignatureSize) {
    return SignatureError("signature has a wrong length");
  }
  if (!key_->Verify(message, signature).ok()) {
    return SignatureError("signature does not verify");
  }
  return absl::OkStatus();
}

std::string FormatSignatureLine(const NoteSignature& signature) {
  std::string line(kSignaturePrefix);
  absl::StrAppend(&line, signature.name, " ",
                  crypto::Base64(signature.key_id + signature.signature), "\n");
  return line;
}

absl::Time NoteSignature::CosignatureTime() const {
  if (signature.size() < kTimeSize) return absl::InfinitePast();
  const uint64_t seconds = ReadUint64(signature);
  if (seconds > kMaxCosignatureTime) return absl::InfiniteFuture();
  return absl::FromUnixSeconds(static_cast<int64_t>(seconds));
}

absl::StatusOr<Note> ParseNote(std::string_view bytes) {
  if (bytes.size() > kMaxNoteSize) return FormatError("note is too large");
  if (!IsNoteText(bytes)) {
    return FormatError("note is not UTF-8 or has control characters");
  }
  const size_t blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos) {
    return FormatError("note has no blank line");
  }
  Note note{.text = std::string(bytes.substr(0, blank + 1))};
  const auto lines = SplitLines(bytes.substr(blank + 2));
  if (!lines.has_value()) return FormatError("note has no final LF");
  if (lines->empty()) return FormatError("note has no signature");
  if (lines->size() > kMaxSignatureLines) {
    return FormatError("note has too many signatures");
  }
  for (std::string_view line : *lines) {
    ASSIGN_OR_RETURN(NoteSignature signature, ParseSignatureLine(line));
    note.signatures.push_back(std::move(signature));
  }
  return note;
}

absl::StatusOr<std::vector<size_t>> VerifyNote(
    const Note& note, std::span<const NoteVerifier> verifiers) {
  std::vector<bool> signed_by(verifiers.size(), false);
  for (const NoteSignature& line : note.signatures) {
    for (size_t i = 0; i < verifiers.size(); ++i) {
      const NoteVerifier& verifier = verifiers[i];
      if (verifier.name() != line.name || verifier.key_id() != line.key_id) {
        continue;
      }
      RETURN_IF_ERROR(verifier.Verify(note.text, line.signature));
      signed_by[i] = true;
    }
  }
  std::vector<size_t> positions;
  for (size_t i = 0; i < signed_by.size(); ++i) {
    if (signed_by[i]) positions.push_back(i);
  }
  if (positions.empty()) return SignatureError("no known key signed the note");
  return positions;
}

NoteSigner::NoteSigner(std::string name, SignatureType type,
                       crypto::SigningKey key)
    : name_(std::move(name)),
      type_(type),
      key_(std::make_shared<const crypto::SigningKey>(std::move(key))) {}

absl::StatusOr<NoteSigner> NoteSigner::Make(std::string name,
                                            SignatureType type,
                                            crypto::SigningKey key) {
  if (!IsKeyName(name)) return FormatError("malformed key name");
  if (key.RawPublic().size() != kEd25519KeySize) {
    return FormatError("a note is signed with Ed25519");
  }
  return NoteSigner(std::move(name), type, std::move(key));
}

absl::StatusOr<NoteSigner> NoteSigner::ForLog(std::string name,
                                              crypto::SigningKey key) {
  return Make(std::move(name), SignatureType::kEd25519, std::move(key));
}

absl::StatusOr<NoteSigner> NoteSigner::ForWitness(std::string name,
                                                  crypto::SigningKey key) {
  return Make(std::move(name), SignatureType::kEd25519Cosignature,
              std::move(key));
}

std::string NoteSigner::vkey() const {
  const std::string public_key = key_->RawPublic();
  std::string typed_key(1, static_cast<char>(type_));
  typed_key.append(public_key);
  return absl::StrCat(name_, "+",
                      crypto::ToHex(KeyIdOf(name_, type_, public_key)), "+",
                      crypto::Base64(typed_key));
}

absl::StatusOr<std::string> NoteSigner::SignLine(std::string_view text,
                                                 absl::Time time) const {
  NoteSignature line{.name = name_,
                     .key_id = KeyIdOf(name_, type_, key_->RawPublic())};
  std::string message(text);
  if (type_ == SignatureType::kEd25519Cosignature) {
    const int64_t seconds = absl::ToUnixSeconds(time);
    if (seconds < 0) return FormatError("cosignature time before 1970");
    AppendUint64(&line.signature, static_cast<uint64_t>(seconds));
    message = Ed25519CosignatureMessage(static_cast<uint64_t>(seconds), text);
  }
  ASSIGN_OR_RETURN(const std::string signature, key_->Sign(message));
  line.signature.append(signature);
  return FormatSignatureLine(line);
}

std::string JoinNote(std::string_view text, std::string_view signature_lines) {
  std::string note(text);
  note.push_back('\n');
  note.append(signature_lines);
  return note;
}

}  // namespace shiming::ledger
