#include "services/profile_order/core/order_vault.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "common/crypto/cipher.h"
#include "common/crypto/commitment.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

// 32 symbols of the matching ID: 2-9 and A-Z less the look-alikes I and O.
constexpr std::string_view kSymbols = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
static_assert(kSymbols.size() == 32);
constexpr int kMatchingIdSymbols = 26;  // 26 * 5 = 130 bits, 128 of them random
constexpr int kGroup = 5;

std::string KeyOwner(const Order& order) { return "order/" + order.order_id; }
std::string SecretsAad(const Order& order) {
  return "shiming/order-secrets/v1:" + order.order_id;
}

// Four bytes of length, big-endian, then the bytes.
void Append(std::string& out, std::string_view part) {
  const uint32_t size = static_cast<uint32_t>(part.size());
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((size >> shift) & 0xff));
  }
  out.append(part);
}

bool Take(std::string_view& in, std::string_view& part) {
  if (in.size() < 4) return false;
  uint32_t size = 0;
  for (int i = 0; i < 4; ++i) {
    size = (size << 8) | static_cast<unsigned char>(in[i]);
  }
  in.remove_prefix(4);
  if (in.size() < size) return false;
  part = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

absl::Status Unreadable() {
  return MakeError(Reason::ORDER_SECRETS_UNREADABLE,
                   "an order's encrypted values cannot be opened");
}

}  // namespace

absl::Status OrderVault::Seal(const OrderSecrets& secrets, Order& order) const {
  crypto::Secret key;
  if (order.wrapped_key.empty()) {
    key = crypto::Secret(random_.Bytes(crypto::kSealingKeyBytes));
    ASSIGN_OR_RETURN(order.wrapped_key, keys_.Wrap(key, KeyOwner(order)));
  } else {
    ASSIGN_OR_RETURN(key, keys_.Unwrap(order.wrapped_key, KeyOwner(order)));
  }
  std::string plain;
  Append(plain, secrets.matching_id.Reveal());
  Append(plain, secrets.code_salt);
  Append(plain, secrets.device);
  Append(plain, secrets.device_salt);
  Append(plain, secrets.consent);
  Append(plain, secrets.consent_salt);
  absl::StatusOr<std::string> sealed = crypto::Seal(
      crypto::Suite::kInternational, key, plain, SecretsAad(order), random_);
  crypto::WipeString(plain);
  ASSIGN_OR_RETURN(order.sealed, std::move(sealed));
  return absl::OkStatus();
}

absl::StatusOr<OrderSecrets> OrderVault::Open(const Order& order) const {
  if (IsErased(order)) {
    return MakeError(Reason::OPENING_ERASED,
                     "the order's key was destroyed with its person's");
  }
  absl::StatusOr<crypto::Secret> key =
      keys_.Unwrap(order.wrapped_key, KeyOwner(order));
  if (!key.ok()) return Unreadable();
  const absl::StatusOr<crypto::Secret> plain =
      crypto::Open(*key, order.sealed, SecretsAad(order));
  if (!plain.ok()) return Unreadable();
  std::string_view in = plain->Reveal();
  std::string_view parts[6];
  for (std::string_view& part : parts) {
    if (!Take(in, part)) return Unreadable();
  }
  return OrderSecrets{.matching_id = crypto::Secret(std::string(parts[0])),
                      .code_salt = std::string(parts[1]),
                      .device = std::string(parts[2]),
                      .device_salt = std::string(parts[3]),
                      .consent = std::string(parts[4]),
                      .consent_salt = std::string(parts[5])};
}

absl::StatusOr<ActivationCode> OrderVault::CodeOf(const Order& order) const {
  ASSIGN_OR_RETURN(const OrderSecrets secrets, Open(order));
  return ActivationCode::Make(order.smdp_address, secrets.matching_id.Reveal());
}

absl::StatusOr<std::string> OrderVault::CodeCommitmentOf(
    const Order& order) const {
  ASSIGN_OR_RETURN(const OrderSecrets secrets, Open(order));
  ASSIGN_OR_RETURN(
      const ActivationCode code,
      ActivationCode::Make(order.smdp_address, secrets.matching_id.Reveal()));
  return crypto::Commit(kActivationCodeLabel, secrets.code_salt, code.str());
}

crypto::Secret OrderVault::NewMatchingId() const {
  std::string bytes = random_.Bytes(16);
  std::string text;
  uint32_t bits = 0;
  int bit_count = 0;
  size_t next = 0;
  for (int i = 0; i < kMatchingIdSymbols; ++i) {
    if (i > 0 && i % kGroup == 0) text.push_back('-');
    if (bit_count < 5) {
      const unsigned char byte =
          next < bytes.size() ? static_cast<unsigned char>(bytes[next]) : 0;
      next += 1;
      bits = (bits << 8) | byte;
      bit_count += 8;
    }
    text.push_back(kSymbols[(bits >> (bit_count - 5)) & 31]);
    bit_count -= 5;
  }
  crypto::WipeString(bytes);
  return crypto::Secret(std::move(text));
}

std::string OrderVault::NewSalt() const {
  return random_.Bytes(crypto::kCommitmentSaltBytes);
}

}  // namespace shiming::profile_order
